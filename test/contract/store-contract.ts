/**
 * What every store does, whatever it is built on. A store that cannot do something says so as a gap, with the
 * reason and the names of the tests; a gap that names no test is a fault, and so is a test left out in silence.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commitCases } from './store/commits.ts';
import { crashCases } from './store/crash.ts';
import { deliveryCases } from './store/deliveries.ts';
import { incidentCases } from './store/incidents.ts';
import { jobCases } from './store/jobs.ts';
import { logCases } from './store/logs.ts';
import { modelCase } from './store/model.ts';
import type { StorePlace } from './store/place.ts';
import { retentionCases } from './store/retention.ts';

export interface Gap {
  readonly reason: string;
  readonly tests: readonly string[];
}

export const storeContract = (
  name: string,
  makePlace: () => Promise<StorePlace>,
  { gaps }: { readonly gaps: readonly Gap[] },
): void => {
  const cases = [
    ...commitCases,
    ...logCases,
    ...jobCases,
    ...incidentCases,
    ...deliveryCases,
    ...retentionCases,
    ...crashCases,
    modelCase(makePlace),
  ];
  describe(`${name} keeps the contract of a store`, { concurrency: 4 }, () => {
    test('every gap names tests of the contract', () => {
      const names = new Set(cases.map((one) => one.name));
      const unknown = gaps.flatMap((gap) => gap.tests.filter((one) => !names.has(one)));
      assert.deepEqual(unknown, []);
    });
    for (const one of cases) {
      const gap = gaps.find(({ tests }) => tests.includes(one.name));
      test(one.name, { skip: gap?.reason ?? false }, async () => {
        const place = await makePlace();
        try {
          await one.run(place);
        } finally {
          await place.destroy();
        }
      });
    }
  });
};
