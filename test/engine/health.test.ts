import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreError } from '../../src/ports/store.ts';
import { jobSpec } from '../core/job/play.ts';
import { Harness } from './harness.ts';

describe('a store that cannot be used', () => {
  const rows: readonly { name: string; fault: 'closed' | 'full' | 'io'; gone: boolean }[] = [
    {
      name: 'a store that closed by itself is reported as gone for good',
      fault: 'closed',
      gone: true,
    },
    { name: 'a full disk is waited for', fault: 'full', gone: false },
    { name: 'a disk that fails is waited for', fault: 'io', gone: false },
  ];
  for (const { name, fault, gone } of rows) {
    test(name, async () => {
      await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })] });
      const told: string[] = [];
      void h.engine.broken.then(() => told.push('gone'));
      h.fault = new StoreError(fault, 'writing a batch of reports');
      assert.equal((await h.ping('a')).kind, 'unavailable');
      await h.pass(3);
      h.fault = null;
      assert.deepEqual(told, gone ? ['gone'] : []);
    });
  }
});
