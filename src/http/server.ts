/**
 * The listening server: pings first, other protocols next, express for the rest. Every wait and every size has its
 * limit here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Config } from '../config/config.ts';
import { makePingHandler, type PingSettings } from '../protocol/healthchecks/handler.ts';
import { makeApp } from './app.ts';
import type { HttpDeps } from './call.ts';

export const SERVER_LIMITS = {
  /** For request line and headers. */
  headersTimeoutMs: 10_000,
  /** For the whole request, its body included; then 408, and a ping that was not complete is not counted. */
  requestTimeoutMs: 60_000,
  /** Longer than the usual 60 s of proxies, so that it is they who close. */
  keepAliveTimeoutMs: 75_000,
  connectionsCheckMs: 5_000,
  headerBytes: 16_384,
  headers: 100,
  connections: 10_000,
} as const;

/** true: the request was one of its own, and is or will be answered. */
export type Front = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Not listening yet. `fronts`: further protocols, asked in order after the pings and before the app. */
export const makeHttp = (deps: HttpDeps, fronts: readonly Front[] = []): Server => {
  const ping = makePingHandler({
    desk: deps.desk,
    clock: deps.clock,
    telemetry: deps.telemetry,
    settings: pingSettings(() => deps.configuration.state.config),
  });
  const app = makeApp(deps);
  const server = createServer(
    {
      headersTimeout: SERVER_LIMITS.headersTimeoutMs,
      requestTimeout: SERVER_LIMITS.requestTimeoutMs,
      keepAliveTimeout: SERVER_LIMITS.keepAliveTimeoutMs,
      connectionsCheckingInterval: SERVER_LIMITS.connectionsCheckMs,
      maxHeaderSize: SERVER_LIMITS.headerBytes,
    },
    (request, response) => {
      if (ping(request, response)) return;
      for (const front of fronts) if (front(request, response)) return;
      app(request, response);
    },
  );
  server.maxHeadersCount = SERVER_LIMITS.headers;
  server.maxConnections = SERVER_LIMITS.connections;
  return server;
};

/** One object for as long as the configuration is the same one, as the ping handler asks for. */
const pingSettings = (config: () => Config): (() => PingSettings) => {
  let of: Config | null = null;
  let settings: PingSettings | null = null;
  return () => {
    const current = config();
    if (settings === null || current !== of) {
      of = current;
      settings = {
        pingKeys: current.keys.ping,
        bodyLimitBytes: current.server.pingBodyLimit,
        trustedProxies: current.server.trustedProxies,
        maxAge: current.server.retention.maxAge,
      };
    }
    return settings;
  };
};
