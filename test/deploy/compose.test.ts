import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { none, read, root } from '../repository.ts';
import { yaml } from './files.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { resources?: { limits?: Readonly<Record<string, unknown>> } };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const compose = yaml('docker-compose.yml') as Compose;
const services = Object.entries(compose.services);

describe('each service', () => {
  const rules: readonly [string, (service: Service, name: string) => boolean][] = [
    ['has its image pinned to a version', ({ image }) => /:(?!latest$)[\w.-]+$/.test(image)],
    ['has no rights over the host', ({ privileged }) => privileged === undefined],
    ['has a read-only root', ({ read_only }) => read_only === true],
    ['drops all capabilities', ({ cap_drop }) => cap_drop?.join(',') === 'ALL'],
    [
      'gains no privileges',
      ({ security_opt }) => security_opt?.includes('no-new-privileges:true') === true,
    ],
    ['does not run as root', ({ user }) => /^[1-9]\d*:\d+$/.test(user ?? '')],
    [
      'has a health check, or says that it can have none',
      ({ healthcheck }) => (healthcheck?.test?.length ?? 0) > 1 || healthcheck?.disable === true,
    ],
    [
      'listens on this host alone',
      ({ ports = [] }) => ports.every((port) => port.startsWith('127.0.0.1:')),
    ],
    [
      'has limits',
      ({ deploy }) =>
        ['cpus', 'memory', 'pids'].every((name) => name in (deploy?.resources?.limits ?? {})),
    ],
    [
      'mounts files of the repository that exist, read-only',
      ({ volumes = [] }) =>
        volumes
          .filter((volume) => volume.startsWith('./'))
          .every((volume) => {
            const [file = '', , mode] = volume.split(':');
            return existsSync(path.join(root, file)) && mode === 'ro';
          }),
    ],
    [
      'uses volumes and secrets that are declared',
      ({ volumes = [], secrets = [] }) =>
        volumes
          .filter((volume) => !volume.startsWith('./'))
          .every((volume) => (volume.split(':')[0] ?? '') in compose.volumes) &&
        secrets.every((secret) => secret in compose.secrets),
    ],
    [
      'waits only for services that can be healthy',
      ({ depends_on = {} }) =>
        Object.entries(depends_on).every(
          ([other, { condition }]) =>
            condition !== 'service_healthy' ||
            compose.services[other]?.healthcheck?.test !== undefined,
        ),
    ],
  ];
  for (const [name, holds] of rules) {
    test(name, () => {
      none(
        services.flatMap(([service, of]) => (holds(of, service) ? [] : [service])),
        name,
      );
    });
  }
});

describe('what belongs together', () => {
  test('there are Tocsin, Prometheus, Grafana, Tempo and a collector', () => {
    assert.deepEqual(services.map(([name]) => name).sort(), [
      'grafana',
      'otel-collector',
      'prometheus',
      'tempo',
      'tocsin',
    ]);
  });

  test('no secret stands in the file, and a missing one stops the start', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!/KEY|PASSWORD|TOKEN/.test(variable)) continue;
        assert.match(value, /^\$\{\w+:\?.+\}$|^\/run\/secrets\/\w+$/, `${name} ${variable}`);
      }
    }
  });

  test('a server that listens beyond loopback has all three kinds of key', () => {
    const environment = compose.services['tocsin']?.environment ?? {};
    assert.equal(environment['TOCSIN_LISTEN'], '0.0.0.0:8686');
    for (const kind of ['PING', 'READ', 'ADMIN']) {
      const names = [`TOCSIN_${kind}_KEY`, `TOCSIN_${kind}_KEY_FILE`];
      assert.equal(names.filter((name) => name in environment).length, 1, kind);
    }
  });

  test('Prometheus has the files and secrets that its configuration names', () => {
    const { volumes = [], secrets = [] } = compose.services['prometheus'] ?? {};
    const text = read('prometheus/prometheus.yml');
    const { rule_files } = yaml('prometheus/prometheus.yml') as { rule_files: string[] };
    for (const file of rule_files) {
      assert.ok(
        volumes.some((volume) => volume.includes(`:/etc/prometheus/${file}:`)),
        file,
      );
    }
    const named = [...text.matchAll(/\/run\/secrets\/(\w+)/g)].map((found) => found[1]);
    assert.deepEqual(
      named.filter((name) => !secrets.includes(name ?? '')),
      [],
    );
  });

  test('every host that a configuration names is a service', () => {
    const names = new Set([...services.map(([name]) => name), 'localhost', '127.0.0.1', '0.0.0.0']);
    const files = [
      'otel/collector.yml',
      'otel/tempo.yml',
      'prometheus/prometheus.yml',
      'grafana/provisioning/datasources/tocsin.yml',
      'docker-compose.yml',
    ];
    const hosts = files.flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => !line.trimStart().startsWith('#'))
        .flatMap((line) => [...line.matchAll(/(?:https?:\/\/|[[\s])([a-z][\w-]*):\d{4,5}\b/g)])
        .map((found) => found[1] ?? ''),
    );
    assert.ok(hosts.length >= 6);
    assert.deepEqual(
      hosts.filter((host) => !names.has(host)),
      [],
    );
  });

  test('the collector uses only what it defines', () => {
    type Names = Readonly<Record<string, unknown>>;
    const collector = yaml('otel/collector.yml') as Record<string, Names> & {
      service: { extensions: string[]; pipelines: Record<string, Record<string, string[]>> };
    };
    const { extensions, pipelines } = collector.service;
    for (const name of extensions) assert.ok(name in (collector['extensions'] ?? {}), name);
    for (const parts of Object.values(pipelines)) {
      for (const [kind, names] of Object.entries(parts)) {
        for (const name of names) assert.ok(name in (collector[kind] ?? {}), `${kind} ${name}`);
      }
    }
  });

  test('Grafana finds its data sources and its dashboard', () => {
    const { datasources } = yaml('grafana/provisioning/datasources/tocsin.yml') as {
      datasources: { uid: string; jsonData: object }[];
    };
    const uids = datasources.map(({ uid }) => uid);
    assert.deepEqual(uids, ['prometheus', 'tempo']);
    const linked = [...JSON.stringify(datasources).matchAll(/"datasourceUid":"(\w+)"/g)];
    assert.equal(linked.length, 2);
    for (const [, uid = ''] of linked) assert.ok(uids.includes(uid), uid);
    const { providers } = yaml('grafana/provisioning/dashboards/tocsin.yml') as {
      providers: { options: { path: string } }[];
    };
    const folder = providers[0]?.options.path ?? '';
    const { volumes = [], environment = {} } = compose.services['grafana'] ?? {};
    assert.ok(volumes.includes(`./grafana/dashboards:${folder}:ro`));
    const home = environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    assert.ok(existsSync(path.join(root, 'grafana/dashboards', path.posix.relative(folder, home))));
  });
});

describe('the image', () => {
  const lines = read('Dockerfile').split('\n');

  test('is built on one pinned version of Node', () => {
    const bases = lines
      .filter((line) => line.startsWith('FROM '))
      .map((line) => line.split(' ')[1]);
    assert.ok(bases.length > 1);
    assert.equal(new Set(bases).size, 1);
    assert.match(bases[0] ?? '', /^node:26\.\d+\.\d+-/);
  });

  test('runs as a user, checks its health and starts the server', () => {
    assert.ok(lines.includes('USER node'));
    assert.ok(lines.some((line) => line.startsWith('HEALTHCHECK ')));
    assert.equal(
      lines.findLast((line) => line.startsWith('CMD')),
      'CMD ["node", "src/main.ts", "serve"]',
    );
  });

  test('holds only what is sent to it, and all that it copies is sent', () => {
    const sent = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    assert.ok(read('.dockerignore').split('\n').includes('*'));
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    assert.deepEqual(
      copied.filter((file) => !sent.includes(file) || !existsSync(path.join(root, file))),
      [],
    );
  });
});

const engine = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
/** The plugin that reads today's files is in no package of Debian 12, so that CI cannot install it. */
const skip = engine ? false : 'may not run: docker compose is not installed';

test('docker compose takes the file', { skip }, () => {
  const { status, stderr } = spawnSync('docker', ['compose', 'config', '-q'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TOCSIN_ADMIN_KEY: 'x', GRAFANA_ADMIN_PASSWORD: 'x' },
  });
  assert.equal(status, 0, stderr);
});
