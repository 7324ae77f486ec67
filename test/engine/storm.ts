/**
 * A storm: reports of all kinds at random moments, while time passes, stands still or runs away, the store fails, the
 * process is killed and started again and channels misbehave. Everything comes from one seed. It does to the engine
 * what the outside can do, notes what the outside sees, and judges nothing.
 */
import { makeMatcher } from '../../src/core/alert/matcher.ts';
import type { JobSpec, Ping } from '../../src/core/job/job.ts';
import type { Notification, SendResult } from '../../src/core/notify/notify.ts';
import type { Silence } from '../../src/core/route/route.ts';
import { duration, type Instant, instant } from '../../src/core/time.ts';
import type { PingAnswer } from '../../src/engine/desk.ts';
import { StoreError } from '../../src/ports/store.ts';
import { jobSpec, periodic } from '../core/job/play.ts';
import { fakeRandom } from '../fake/clock.ts';
import { at, Harness } from './harness.ts';

const S = 1_000;
export const GRACE_MS = 10 * S;
export const PERIOD_MS = 60 * S;
export const CATCH_UP_MAX_MS = 120 * S;
/** Longer than this without a look at the clocks is an outage of Tocsin's own. */
const OUTAGE_MS = 10 * S;
export const CHANNELS = ['ops/webhook/0', 'ops/webhook/1'] as const;

const job = (name: string, over: Partial<JobSpec> = {}): JobSpec =>
  jobSpec({
    name,
    schedule: periodic(PERIOD_MS / S),
    grace: duration(GRACE_MS),
    severity: 'P0',
    ...over,
  });

export const JOBS: readonly JobSpec[] = [
  job('slots'),
  job('relative', { schedule: periodic(PERIOD_MS / S, true) }),
  job('bounded', { maxRuntime: duration(30 * S) }),
  job('patient', { failures: 2, recoveries: 2 }),
  job('hushed'),
  job('pausable'),
];

/** In which nothing may be said of `hushed`. Seconds since the start. */
export const HUSHED: readonly (readonly [number, number])[] = [
  [150, 330],
  [600, 750],
];

const silences: readonly Silence[] = HUSHED.map(([from, to]) => {
  const made = makeMatcher({ name: 'job_name', op: '=', value: 'hushed' });
  if (made.kind !== 'ok') throw new Error('a plain matcher must compile');
  return {
    name: `${from}`,
    matchers: [made.matcher],
    when: { kind: 'once', startsAt: at(from), endsAt: at(to) },
    comment: '',
    createdBy: '',
    origin: '',
  };
});

export interface Report {
  /** Unique, sent as the host, so that it is found again in the log. */
  readonly mark: string;
  readonly job: string;
  readonly kind: Ping['kind'];
  readonly at: Instant;
  readonly receivedAt: Instant;
  /** `none`: the process was killed before it answered. */
  answer: PingAnswer['kind'] | 'none';
}

export interface Message {
  readonly at: Instant;
  readonly channel: string;
  readonly notification: Notification;
  /** The store knew this delivery as sent already. */
  readonly wasRecorded: boolean;
  answer: SendResult['kind'] | 'none';
  /** When the store noted it as sent. */
  recordedAt: Instant | null;
  /** It was given up while it was on its way. */
  wasCancelled: boolean;
}

export interface Outage {
  readonly from: Instant;
  readonly to: Instant;
}

type Mood = 'fine' | 'refusing' | 'slow' | 'broken';

export class Storm implements AsyncDisposable {
  readonly h: Harness;
  readonly reports: Report[] = [];
  readonly messages: Message[] = [];
  readonly outages: Outage[] = [];
  /** What was done, for the one who has to find out why it went wrong. */
  readonly diary: string[] = [];
  readonly #random: () => number;
  /** Of its own: channels are called in an order that may differ from run to run. */
  readonly #delay: () => number;
  readonly #recorded = new Map<string, Instant>();
  readonly #moods = new Map<string, Mood>(CHANNELS.map((id) => [id, 'fine']));
  #marks = 0;

  private constructor(h: Harness, seed: number) {
    this.h = h;
    const random = fakeRandom(seed);
    this.#random = () => random.uniform();
    const delays = fakeRandom(seed + 1_000_000);
    this.#delay = () => Math.floor(delays.uniform() * 20 * S);
    h.committed = ({ deliveries = [] }) => {
      for (const { id, state } of deliveries) {
        if (state === 'cancelled')
          for (const message of this.messages)
            if (message.notification.id === id) message.wasCancelled = true;
        if (state !== 'sent' || this.#recorded.has(id)) continue;
        this.#recorded.set(id, h.clock.now());
        for (const message of this.messages)
          if (message.notification.id === id) message.recordedAt ??= h.clock.now();
      }
    };
    for (const id of CHANNELS) h.answers.set(id, (notification) => this.#receive(id, notification));
  }

  static async open(seed: number): Promise<Storm> {
    const settings = { silences, catchUp: duration(CATCH_UP_MAX_MS) };
    return new Storm(await Harness.open({ jobs: JOBS, receivers: { ops: 2 }, settings }), seed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calm();
    await this.h[Symbol.asyncDispose]();
  }

  async rage(steps: number): Promise<void> {
    // Until the first sign of life is on disk nobody can know of an outage.
    await this.h.pass(3);
    for (let step = 0; step < steps; step += 1) await this.#act();
  }

  /** Nothing fails any more. */
  calm(): void {
    this.h.fault = null;
    this.h.lateFault = null;
    for (const id of CHANNELS) this.#moods.set(id, 'fine');
  }

  async succeed(): Promise<void> {
    await Promise.all(JOBS.map(({ name }) => this.report(name, 'success')));
  }

  /** Sends one report; resolves with its answer. */
  async report(name: string, kind: Ping['kind'], over: Partial<Ping> = {}): Promise<void> {
    this.#marks += 1;
    const now = this.h.clock.now();
    const report: Report = {
      mark: `m${this.#marks}`,
      job: name,
      kind,
      at: over.at ?? now,
      receivedAt: now,
      answer: 'none',
    };
    this.reports.push(report);
    report.answer = (await this.h.ping(name, kind, { ...over, host: report.mark })).kind;
  }

  async resumeAll(): Promise<void> {
    const paused = this.h.engine.jobByName('pausable');
    if (paused !== undefined) await this.h.engine.resume(paused);
  }

  async #act(): Promise<void> {
    const actions: readonly (readonly [number, string, () => Promise<void>])[] = [
      [36, 'report', () => this.#burst()],
      [24, 'pass', () => this.h.pass(this.#from(1, 12))],
      [16, 'stride', () => this.h.stride(this.#from(5, 70))],
      [4, 'suspend', () => this.#suspend()],
      [4, 'kill', () => this.#kill()],
      [2, 'restart', () => this.#restart()],
      [4, 'fault', () => this.#fault()],
      [5, 'mood', () => this.#changeMood()],
      [2, 'pause', () => this.#pauseOrResume()],
      [1, 'reload', () => this.h.engine.reload(JOBS, this.h.settings())],
    ];
    const sum = actions.reduce((total, [weight]) => total + weight, 0);
    let dice = this.#random() * sum;
    for (const [weight, name, act] of actions) {
      dice -= weight;
      if (dice >= 0) continue;
      const from = this.h.t;
      await act();
      this.diary.push(`${from.toFixed(3)} ${name}`);
      return;
    }
  }

  #from(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#from(0, list.length - 1)] as T;
  }

  #randomReport(): Promise<void> {
    const { name } = this.#pick(JOBS);
    const kind = this.#pick(['success', 'success', 'success', 'start', 'start', 'fail', 'log']);
    const late = this.#chance(0.15);
    const keyed = this.#chance(0.15);
    const identified = this.#chance(0.5);
    const now = this.h.clock.now();
    const over: Partial<Ping> = {
      ...(late && { at: instant(now - this.#from(1, 90 * S)) }),
      ...(keyed && { idempotencyKey: `key-${this.#from(1, 8)}` }),
      ...(identified && { runId: `run-${this.#from(1, 4)}` }),
    };
    this.diary.push(`${this.h.t.toFixed(3)}   ${name} ${kind} ${JSON.stringify(over)}`);
    return this.report(name, kind as Ping['kind'], over);
  }

  async #burst(): Promise<void> {
    const count = this.#from(1, 4);
    await Promise.all(Array.from({ length: count }, () => this.#randomReport()));
    await this.h.settle();
  }

  async #suspend(): Promise<void> {
    const from = this.h.clock.now();
    this.h.clock.stall(this.#from(OUTAGE_MS / S + 1, 400) * S);
    this.outages.push({ from, to: this.h.clock.now() });
    await this.h.pass(1);
  }

  async #kill(): Promise<void> {
    const hit = Array.from({ length: this.#from(0, 3) }, () => this.#randomReport());
    // Some reports are on their way to disk, and some only in memory.
    for (let turn = this.#from(0, 3); turn > 0; turn -= 1)
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    await this.h.kill();
    void hit;
    await this.#down();
  }

  async #restart(): Promise<void> {
    await this.h.stop();
    await this.#down();
  }

  /** An outage however short it is: while a process starts it does not listen. */
  async #down(): Promise<void> {
    const from = this.h.clock.now();
    this.h.clock.stall(this.#chance(0.5) ? this.#from(0, 3) * S : this.#from(1, 300) * S);
    this.outages.push({ from, to: this.h.clock.now() });
    await this.h.start();
  }

  async #fault(): Promise<void> {
    this.h.fault = new StoreError('io', 'writing');
    await this.#burst();
    await this.h.pass(this.#from(0, 8));
    await this.#burst();
    this.h.fault = null;
  }

  async #changeMood(): Promise<void> {
    const mood = this.#pick<Mood>(['fine', 'fine', 'refusing', 'slow', 'broken']);
    this.#moods.set(this.#pick(CHANNELS), mood);
  }

  async #pauseOrResume(): Promise<void> {
    const one = this.h.engine.jobByName('pausable');
    if (one === undefined) return;
    if (one.state.status === 'paused') await this.h.engine.resume(one);
    else await this.h.engine.pause(one);
  }

  async #receive(channel: string, notification: Notification): Promise<SendResult> {
    const message: Message = {
      at: this.h.clock.now(),
      channel,
      notification,
      wasRecorded: this.#recorded.has(notification.id),
      answer: 'none',
      recordedAt: null,
      wasCancelled: false,
    };
    this.messages.push(message);
    const result = await this.#answer(this.#moods.get(channel) ?? 'fine');
    message.answer = result.kind;
    return result;
  }

  async #answer(mood: Mood): Promise<SendResult> {
    switch (mood) {
      case 'fine':
        return { kind: 'sent' };
      case 'refusing':
        return { kind: 'retry', reason: 'server_error', detail: 'HTTP 500' };
      case 'slow': {
        await new Promise<void>((resolve) => {
          this.h.clock.after(this.#delay(), resolve);
        });
        return { kind: 'sent' };
      }
      case 'broken':
        return { kind: 'failed', reason: 'auth', detail: 'HTTP 401' };
      default:
        return mood satisfies never;
    }
  }
}
