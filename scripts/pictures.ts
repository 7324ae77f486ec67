/**
 * Writes the pictures of the READMEs: a real server with a few jobs in different states, as a browser of this
 * machine shows it. Run with `node scripts/pictures.ts` when the pages have changed.
 */
import path from 'node:path';
import { chromium } from 'playwright-core';
import { makePlace, startServer } from '../test/acceptance/server.ts';
import { find } from '../test/program.ts';

const folder = path.resolve(import.meta.dirname, '../docs');
const WIDTH = 1_000;
const MINUTE_MS = 60_000;

const yaml = `
jobs:
  - name: nightly-backup
    schedule: "30 2 * * *"
    timezone: Asia/Shanghai
    max_runtime: 2h
    severity: P0
    group: data
    description: Dump of the main database to the backup host.
  - { name: queue-cleanup, every: 10m, grace: 5m, severity: P2 }
  - { name: invoice-export, calendar: "Mon..Fri 18:00", timezone: Asia/Shanghai, group: finance }
  - { name: search-index, every: 15m, group: shop }
  - { name: mail-digest, every: 1h, grace: 30m, group: shop }
route: { receiver: nobody }
receivers: [{ name: nobody }]
`;

/** Reports in their order: how many minutes ago, and what stands behind `/ping/<key>/`. */
const reports: readonly (readonly [number, string])[] = [
  [38, 'nightly-backup/start'],
  [31, 'nightly-backup/3'],
  [70, 'mail-digest'],
  [90, 'invoice-export/start'],
  [88, 'invoice-export'],
  [7.2, 'queue-cleanup/start'],
  [7, 'queue-cleanup'],
  [15, 'search-index/start'],
  [14, 'search-index'],
  [1.5, 'search-index/start'],
];

const browserProgram = ['chromium', 'chromium-browser', 'google-chrome']
  .map(find)
  .find((file) => file !== undefined);
if (browserProgram === undefined) throw new Error('needs chromium, to draw the pages with');

const key = 'pictures-of-readme';
using place = makePlace(yaml);
await using server = await startServer(place, { env: { TOCSIN_PING_KEY: key } });
for (const [minutes, report] of reports) {
  const at = Date.now() - minutes * MINUTE_MS;
  const answer = await fetch(`${server.url}/ping/${key}/${report}?at=${Math.floor(at)}`);
  if (answer.status !== 200) throw new Error(`${report} was answered ${answer.status}`);
  await answer.arrayBuffer();
}

const browser = await chromium.launch({
  executablePath: browserProgram,
  args: ['--no-sandbox', '--force-color-profile=srgb'],
});
try {
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: 400 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });
  for (const [lang, name] of [
    ['en', 'jobs.png'],
    ['zh', 'jobs-zh.png'],
  ] as const) {
    await page.goto(`${server.url}/?lang=${lang}`);
    await page.screenshot({ path: path.join(folder, name), fullPage: true });
  }
} finally {
  await browser.close();
}
