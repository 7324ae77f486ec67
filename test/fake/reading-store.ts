/**
 * The reading half of a store, for tests of the API: rows are put in by hand, and come out by the same rules as from a
 * real one. It can be told to fail.
 */
import type { Alert } from '../../src/core/alert/alert.ts';
import type { LogEntry } from '../../src/core/job/job.ts';
import type { Instant } from '../../src/core/time.ts';
import {
  type Delivery,
  type DueIncident,
  type Gap,
  type Incident,
  type LogView,
  type Store,
  StoreError,
  type TimelineEntry,
} from '../../src/ports/store.ts';

type Reads = Pick<
  Store,
  | 'log'
  | 'ping'
  | 'alerts'
  | 'incident'
  | 'incidents'
  | 'timeline'
  | 'deliveries'
  | 'delivery'
  | 'gaps'
>;

export class ReadingStore implements Reads {
  readonly entries = new Map<number, LogEntry>();
  readonly alertRows: Alert[] = [];
  readonly incidentRows: (Incident & { alerts: number })[] = [];
  /** By incident. */
  readonly incidentAlerts = new Map<number, Alert[]>();
  readonly timelineRows: TimelineEntry[] = [];
  readonly deliveryRows: Delivery[] = [];
  readonly gapRows: Gap[] = [];
  fault: StoreError | null = null;

  async log({ head, kinds, limit }: Parameters<Store['log']>[0]): Promise<readonly LogView[]> {
    this.#check();
    const found: LogView[] = [];
    for (const { body, ...entry } of this.#chain(head)) {
      if (kinds !== undefined && !kinds.includes(entry.kind)) continue;
      if (found.length === limit) break;
      found.push({ ...entry, bodyBytes: body?.length ?? 0 });
    }
    return found;
  }

  async ping({ head, seq }: Parameters<Store['ping']>[0]): Promise<LogEntry | null> {
    this.#check();
    return this.#chain(head).find((entry) => entry.seq === seq) ?? null;
  }

  async alerts({
    now,
    firing,
    limit,
    offset = 0,
  }: Parameters<Store['alerts']>[0]): Promise<readonly Alert[]> {
    this.#check();
    return this.alertRows
      .filter(({ endsAt }) => firing !== true || endsAt === null || endsAt > now)
      .slice(offset, offset + limit);
  }

  async incidents({ open, limit, before }: Parameters<Store['incidents']>[0]) {
    this.#check();
    return this.incidentRows
      .filter(({ id, closedAt }) => {
        const wanted = open === undefined || open === (closedAt === null);
        return wanted && (before === undefined || id < before);
      })
      .sort((a, b) => b.id - a.id)
      .slice(0, limit);
  }

  async incident(id: number): Promise<DueIncident | null> {
    this.#check();
    const row = this.incidentRows.find((one) => one.id === id);
    if (row === undefined) return null;
    const { alerts: _count, ...incident } = row;
    const alerts = this.incidentAlerts.get(id) ?? [];
    return { incident, alerts, notified: [], pending: [], sequence: {} };
  }

  async timeline(incidentId: number, limit: number): Promise<readonly TimelineEntry[]> {
    this.#check();
    return this.timelineRows.filter((one) => one.incidentId === incidentId).slice(-limit);
  }

  async deliveries({ state, incidentId, limit, before }: Parameters<Store['deliveries']>[0]) {
    this.#check();
    const isBefore = (row: Delivery, at: { createdAt: Instant; id: string }): boolean =>
      row.createdAt < at.createdAt || (row.createdAt === at.createdAt && row.id < at.id);
    return this.deliveryRows
      .filter((row) => state === undefined || row.state === state)
      .filter((row) => incidentId === undefined || row.incidentId === incidentId)
      .filter((row) => before === undefined || isBefore(row, before))
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }

  async delivery(id: string): Promise<Delivery | null> {
    this.#check();
    return this.deliveryRows.find((row) => row.id === id) ?? null;
  }

  async gaps(limit: number): Promise<readonly Gap[]> {
    this.#check();
    return this.gapRows.slice(0, limit);
  }

  #check(): void {
    if (this.fault !== null) throw this.fault;
  }

  *#chain(head: number): Generator<LogEntry, void, undefined> {
    let entry = this.entries.get(head);
    while (entry !== undefined) {
      yield entry;
      entry = this.entries.get(entry.previous);
    }
  }
}
