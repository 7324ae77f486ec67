/**
 * Writes the dashboards that Grafana reads from the code that describes them. The JSON is committed, so that a
 * checkout is enough to start, and a test holds both together.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fleetDashboard } from './dashboard/fleet.ts';
import { render } from './dashboard/grafana.ts';

/** File, relative to the repository, and what it holds. */
export const dashboardFiles = (): readonly (readonly [file: string, text: string])[] =>
  [fleetDashboard].map((dashboard) => [
    `grafana/dashboards/${dashboard.uid}.json`,
    `${JSON.stringify(render(dashboard), null, 2)}\n`,
  ]);

if (import.meta.main) {
  for (const [file, text] of dashboardFiles()) {
    writeFileSync(path.join(import.meta.dirname, '..', file), text);
    console.log(file);
  }
}
