/**
 * Every address that the app answers, who may ask, and who answers. The app, the `Allow` headers and the test of the
 * OpenAPI document are made from this table.
 */
import type { Level } from './access.ts';
import { makeAlertEndpoints } from './alert-endpoints.ts';
import type { Handle, HttpDeps } from './call.ts';
import { makeIncidentPageEndpoint } from './incident-page-endpoint.ts';
import { makeJobEndpoints } from './job-endpoints.ts';
import { makeJobPageEndpoint } from './job-page-endpoint.ts';
import { openApi } from './openapi.ts';
import { makePageEndpoint } from './page-endpoint.ts';
import { json } from './reply.ts';
import { previewEndpoint } from './schedule-endpoint.ts';
import { makeStatusEndpoints } from './status-endpoints.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** OpenAPI's templates: `/api/v1/jobs/{name}`. */
  readonly path: string;
  /** null: everyone, from everywhere; it tells nothing that is worth protecting. */
  readonly access: Level | null;
  /** The request carries JSON. */
  readonly takesJson?: true;
  readonly handle: Handle;
}

export const makeRoutes = (deps: HttpDeps): readonly Route[] => {
  const jobs = makeJobEndpoints(deps);
  const alerts = makeAlertEndpoints(deps);
  const status = makeStatusEndpoints(deps);
  const get = (path: string, handle: Handle, access: Level | null = 'read'): Route => ({
    method: 'GET',
    path,
    access,
    handle,
  });
  const post = (path: string, handle: Handle): Route => ({
    method: 'POST',
    path,
    access: 'admin',
    handle,
  });
  return [
    get('/', makePageEndpoint(deps)),
    get('/jobs/{name}', makeJobPageEndpoint(deps)),
    get('/incidents/{id}', makeIncidentPageEndpoint(deps)),
    get('/-/healthy', status.healthy, null),
    get('/-/ready', status.ready, null),
    post('/-/reload', status.reload),
    get('/metrics', status.metrics),
    get('/metrics/jobs', status.jobMetrics),
    get('/api/v1/openapi.json', () => json(openApi(deps.version)), null),
    get('/api/v1/jobs', jobs.list),
    get('/api/v1/jobs/{name}', jobs.one),
    get('/api/v1/jobs/{name}/pings', jobs.pings),
    get('/api/v1/jobs/{name}/pings/{n}/body', jobs.body),
    get('/api/v1/jobs/{name}/runs', jobs.runs),
    post('/api/v1/jobs/{name}/pause', jobs.pause),
    post('/api/v1/jobs/{name}/resume', jobs.resume),
    get('/api/v1/alerts', alerts.alerts),
    get('/api/v1/incidents', alerts.incidents),
    get('/api/v1/incidents/{id}', alerts.incident),
    get('/api/v1/incidents/{id}/timeline', alerts.timeline),
    get('/api/v1/deliveries', alerts.deliveries),
    get('/api/v1/deliveries/{id}', alerts.delivery),
    get('/api/v1/silences', alerts.silences),
    get('/api/v1/config', status.config),
    get('/api/v1/gaps', status.gaps),
    // Changes nothing, so that a read key is enough.
    { ...post('/api/v1/schedules/preview', previewEndpoint), access: 'read', takesJson: true },
  ];
};
