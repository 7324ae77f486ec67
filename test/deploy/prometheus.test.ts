import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fleetDashboard } from '../../scripts/dashboard/fleet.ts';
import { queriesOf } from '../../scripts/dashboard/grafana.ts';
import { needs } from '../program.ts';
import { none, read, root } from '../repository.ts';
import { withValues } from './promql.ts';
import { startPrometheus } from './real-prometheus.ts';

describe('promtool takes', () => {
  const skip = needs('promtool');
  const promtool = (...args: string[]): void => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: path.join(root, 'prometheus'),
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
  };

  test('the rules, lint included', { skip }, () => {
    promtool('check', 'rules', '--lint=all', '--lint-fatal', 'tocsin.rules.yml');
  });

  test('the tests of the rules', { skip }, () => promtool('test', 'rules', 'tocsin.test.yml'));

  test('the configuration', { skip }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tocsin-promtool-'));
    try {
      // The secrets lie elsewhere in a container; promtool wants to see them.
      for (const name of ['tocsin_ping_key', 'tocsin_read_key']) {
        writeFileSync(path.join(folder, name), 'key');
      }
      for (const file of ['prometheus.yml', 'tocsin.rules.yml']) {
        const text = read(`prometheus/${file}`).replaceAll('/run/secrets/', `${folder}/`);
        writeFileSync(path.join(folder, file), text);
      }
      promtool('check', 'config', path.join(folder, 'prometheus.yml'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Queries that rightly find nothing a few seconds after a start. */
const EMPTY = ['Worst jobs'];

test('a real Prometheus scrapes both endpoints and answers every query of the dashboard', {
  skip: needs('prometheus'),
  timeout: 60_000,
}, async ({ signal }) => {
  await using prometheus = await startPrometheus(signal);
  await prometheus.scraped(2);
  const faults: string[] = [];
  for (const { panel, expr } of queriesOf(fleetDashboard)) {
    const { status, error, found } = await prometheus.query(withValues(expr));
    if (status !== 'success') faults.push(`${panel}: ${status} ${error}: ${expr}`);
    else if (found === 0 && !EMPTY.includes(panel)) faults.push(`${panel}: nothing: ${expr}`);
  }
  none(faults, 'Each is a query that a person would look at in vain.');
  assert.deepEqual(await prometheus.scrapeErrors(), []);
});
