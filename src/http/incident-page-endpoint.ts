/** `/incidents/{id}`: gathers what the page of one incident shows. */
import { type Alert, isResolved, type Labels } from '../core/alert/alert.ts';
import type { Instant } from '../core/time.ts';
import type { Delivery } from '../ports/store.ts';
import { isWebAddress } from '../ui/cells.ts';
import { incidentPage } from '../ui/incident-page.ts';
import type { AlertView, DeliveryView } from '../ui/incident-page-model.ts';
import { incidentIdOf, noIncident } from './alert-endpoints.ts';
import type { Handle, HttpDeps } from './call.ts';
import { readerOf } from './language.ts';

const ALERTS_SHOWN = 50;
const DELIVERIES_SHOWN = 30;
const TIMELINE_SHOWN = 100;

export const makeIncidentPageEndpoint =
  (deps: HttpDeps): Handle =>
  async (call) => {
    const id = incidentIdOf(call);
    const [found, timeline, deliveries] = await Promise.all([
      deps.store.incident(id),
      deps.store.timeline(id, TIMELINE_SHOWN + 1),
      deps.store.deliveries({ incidentId: id, limit: DELIVERIES_SHOWN + 1 }),
    ]);
    if (found === null) throw noIncident(call);
    const { incident } = found;
    const hasJob = (name: string): boolean => deps.desk.jobByName(name) !== undefined;
    const alerts = alertsOf(found.alerts, deliveries, call.now);
    const page = incidentPage({
      ...readerOf(call, deps.configuration.state.config.server),
      id,
      receiver: incident.receiver,
      groupLabels: incident.groupLabels,
      openedAt: incident.openedAt,
      closedAt: incident.closedAt,
      nextLookAt: incident.flushAt,
      alerts: alerts.slice(0, ALERTS_SHOWN).map((alert) => alertView(alert, hasJob)),
      firing: alerts.filter(({ isFiring }) => isFiring).length,
      alertsTotal: alerts.length,
      deliveries: deliveries.slice(0, DELIVERIES_SHOWN).map(deliveryView),
      deliveriesCut: deliveries.length > DELIVERIES_SHOWN,
      timeline: timeline.slice(-TIMELINE_SHOWN).reverse(),
      timelineCut: timeline.length > TIMELINE_SHOWN,
    });
    return { kind: 'page', page };
  };

interface Known {
  readonly isFiring: boolean;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Instant;
  readonly endsAt: Instant | null;
  readonly generatorUrl: string;
}

/**
 * Those that belong to the incident now, and those that left it once their end was told: of these the messages know.
 * Firing first, then by start.
 */
const alertsOf = (
  current: readonly Alert[],
  deliveries: readonly Delivery[],
  now: Instant,
): readonly Known[] => {
  const known = new Map<string, Known>();
  for (const alert of current) {
    const ended = isResolved(alert, now);
    const endsAt = ended ? alert.endsAt : null;
    known.set(alert.fingerprint, { ...alert, isFiring: !ended, endsAt });
  }
  // Newest first, so that the last word on each alert counts.
  for (const { notification } of deliveries)
    for (const alert of notification.alerts)
      if (!known.has(alert.fingerprint))
        known.set(alert.fingerprint, { ...alert, isFiring: false });
  return [...known.values()].sort(
    (one, other) => Number(other.isFiring) - Number(one.isFiring) || other.startsAt - one.startsAt,
  );
};

const alertView = (alert: Known, hasJob: (name: string) => boolean): AlertView => {
  const { isFiring, labels, annotations, startsAt, endsAt, generatorUrl } = alert;
  const job = labels['job_name'];
  const isJob = job !== undefined && hasJob(job);
  return {
    isFiring,
    labels,
    annotations,
    startsAt,
    endsAt,
    job: isJob ? job : null,
    run: URL.parse(annotations['run_url'] ?? '')?.searchParams.get('run') ?? null,
    // Of a job this is the page of the job, which is linked to already.
    source: !isJob && isWebAddress(generatorUrl) ? generatorUrl : '',
  };
};

const deliveryView = (delivery: Delivery): DeliveryView => ({
  id: delivery.id,
  at: delivery.createdAt,
  channelId: delivery.channelId,
  reason: delivery.reason,
  state: delivery.state,
  attempts: delivery.attempts,
  nextAt: delivery.state === 'pending' ? delivery.nextAt : null,
  lastResult: delivery.lastReason,
  lastDetail: delivery.lastDetail,
});
