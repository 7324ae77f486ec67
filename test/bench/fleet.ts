/**
 * What 100,000 jobs cost: reading their YAML, starting, memory, and the pages that Prometheus scrapes.
 * Two fleets: one in which every job has the same schedule, one with 1,000 different ones.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makePlace, type Place, startServer } from '../acceptance/server.ts';
import { mebibytes, onServerCore, residentBytes, round } from './machine.ts';

const JOBS = 100_000;
const JOBS_PER_FILE = 10_000;
const FEW = 1;
const MANY = 1_000;

const base = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';

/** Writes the fleet into the config folder, in files of ten thousand jobs. */
function writeFleet(place: Place, schedules: number): void {
  for (let first = 0; first < JOBS; first += JOBS_PER_FILE) {
    const lines = Array.from({ length: JOBS_PER_FILE }, (_, index) => {
      const number = first + index;
      const which = number % schedules;
      const schedule = `${which % 60} ${Math.floor(which / 60) % 24} * * *`;
      const name = `job-${String(number).padStart(6, '0')}`;
      return `  - { name: ${name}, schedule: "${schedule}", timezone: Asia/Shanghai, grace: 15m }\n`;
    });
    writeFileSync(
      path.join(place.config, `fleet-${first / JOBS_PER_FILE}.yml`),
      `jobs:\n${lines.join('')}`,
    );
  }
}

async function fetchTimed(url: string): Promise<{ status: number; ms: number; mebibytes: number }> {
  const startedAt = performance.now();
  const answer = await fetch(url);
  const size = (await answer.arrayBuffer()).byteLength;
  return {
    status: answer.status,
    ms: round(performance.now() - startedAt, 1),
    mebibytes: round(size / 2 ** 20, 2),
  };
}

async function measure(schedules: number | null): Promise<{ rss: number; row: object }> {
  using place = makePlace(base);
  if (schedules !== null) writeFleet(place, schedules);
  await using first = await startServer(place, { prefix: onServerCore });
  const rss = residentBytes(first.pid);
  const metrics = await fetchTimed(`${first.url}/metrics`);
  const jobMetrics = await fetchTimed(`${first.url}/metrics/jobs`);
  await first.stop();
  // The second start finds the jobs in the store, as every start but the first does.
  await using again = await startServer(place, { prefix: onServerCore });
  return {
    rss,
    row: {
      schedules: schedules ?? 0,
      firstStartMs: round(first.startMs),
      restartMs: round(again.startMs),
      rssMiB: mebibytes(rss),
      rssAfterRestartMiB: mebibytes(residentBytes(again.pid)),
      metrics,
      jobMetrics,
    },
  };
}

export async function benchFleet(): Promise<object> {
  const none = await measure(null);
  const few = await measure(FEW);
  const many = await measure(MANY);
  const perJob = (rss: number): number => round((rss - none.rss) / JOBS);
  return {
    jobs: JOBS,
    withoutJobs: none.row,
    oneSchedule: { ...few.row, bytesPerJob: perJob(few.rss) },
    thousandSchedules: { ...many.row, bytesPerJob: perJob(many.rss) },
  };
}
