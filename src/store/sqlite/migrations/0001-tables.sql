-- The first tables. Times are milliseconds since 1970 in UTC. Columns that hold a list or an object hold JSON.
-- Foreign keys are named in comments and not enforced: rows of the log outlive their job on purpose.

PRAGMA application_id = 0x546f6373;

CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
  -- Never given twice, since entries of a deleted job may still stand in the log.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  origin TEXT NOT NULL CHECK (origin IN ('config', 'auto')),
  created_at INTEGER NOT NULL,
  retired_at INTEGER,
  spec TEXT,
  state TEXT
) STRICT;
CREATE UNIQUE INDEX job_live_name ON job (name) WHERE retired_at IS NULL;
CREATE INDEX job_retired ON job (retired_at) WHERE retired_at IS NOT NULL;

-- Append only, and without a second index: this is what each ping pays for.
-- previous: n of the entry of the same job before this one (0: none). It may have been deleted for its age.
CREATE TABLE log (
  n INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL,
  seq INTEGER,
  previous INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  run_id TEXT,
  exit_code INTEGER,
  started_at INTEGER,
  overran INTEGER NOT NULL,
  reason TEXT NOT NULL,
  trace_id TEXT,
  span_id TEXT,
  host TEXT,
  env TEXT,
  metrics TEXT,
  remote_addr TEXT,
  user_agent TEXT,
  method TEXT,
  scheme TEXT,
  body BLOB
) STRICT;

CREATE TABLE idempotency (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (job_id, key)
) STRICT;

CREATE TABLE alert (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  labels TEXT NOT NULL,
  annotations TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER,
  updated_at INTEGER NOT NULL,
  generator_url TEXT NOT NULL,
  timeout INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('job', 'tocsin', 'api')),
  trace_id TEXT,
  span_id TEXT
) STRICT;
CREATE INDEX alert_starts ON alert (starts_at, fingerprint);
CREATE INDEX alert_ends ON alert (ends_at);

CREATE TABLE incident (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_key TEXT NOT NULL,
  route_key TEXT NOT NULL,
  receiver TEXT NOT NULL,
  group_labels TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  flush_at INTEGER,
  closed_at INTEGER,
  CHECK ((flush_at IS NULL) = (closed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (group_key, receiver) WHERE closed_at IS NULL;
CREATE INDEX incident_flush ON incident (flush_at) WHERE flush_at IS NOT NULL;
CREATE INDEX incident_closed ON incident (closed_at) WHERE closed_at IS NOT NULL;

-- incident_id -> incident, fingerprint -> alert
CREATE TABLE incident_alert (
  incident_id INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (incident_id, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_alert_fingerprint ON incident_alert (fingerprint);

CREATE TABLE notified (
  group_key TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  firing TEXT NOT NULL,
  resolved TEXT NOT NULL,
  muted TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (group_key, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notified_at ON notified (at);

-- seq: number of the message within its incident and channel.
CREATE TABLE delivery (
  id TEXT NOT NULL PRIMARY KEY,
  incident_id INTEGER NOT NULL,
  group_key TEXT NOT NULL,
  receiver TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  channel_type TEXT NOT NULL,
  severity TEXT NOT NULL,
  reason TEXT NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'dead', 'cancelled')),
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  deadline_at INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until INTEGER,
  last_reason TEXT,
  last_detail TEXT NOT NULL,
  provider_ref TEXT NOT NULL,
  remaining TEXT,
  finished_at INTEGER,
  notification TEXT NOT NULL,
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
-- In the order of claiming, with all that a claim looks at.
CREATE INDEX delivery_claim ON delivery (severity, created_at, id, next_at, lease_until, channel_id)
  WHERE state = 'pending';
CREATE INDEX delivery_next ON delivery (next_at) WHERE state = 'pending' AND lease_until IS NULL;
CREATE INDEX delivery_lease ON delivery (lease_until, next_at)
  WHERE state = 'pending' AND lease_until IS NOT NULL;
CREATE INDEX delivery_group ON delivery (group_key) WHERE state = 'pending';
CREATE INDEX delivery_incident ON delivery (incident_id, channel_id, seq);
CREATE INDEX delivery_created ON delivery (created_at, id);
CREATE INDEX delivery_state ON delivery (state, created_at, id);
CREATE INDEX delivery_finished ON delivery (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE timeline (
  id INTEGER PRIMARY KEY,
  incident_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_incident ON timeline (incident_id);

CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  kind TEXT NOT NULL
) STRICT;
