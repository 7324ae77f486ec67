/**
 * Writes `src/store/sqlite/schema.json`: the tables of a fresh store, read back from SQLite, and the checksum of
 * each migration. A change of the schema so shows in review, whatever the migration does to get there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, type Row } from '../src/store/sqlite/connection.ts';
import { migrate } from '../src/store/sqlite/migrate.ts';

interface Manifest {
  readonly migrations: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, Table>>;
}

interface Table {
  readonly options: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
}

export const manifestFile = new URL('../src/store/sqlite/schema.json', import.meta.url);

const text = (row: Row, column: string): string => String(row[column] ?? '');

const columnsOf = (connection: Connection, table: string): Record<string, string> =>
  Object.fromEntries(
    connection
      .all('SELECT name, type, "notnull" AS required, pk FROM pragma_table_info(?)', table)
      .map((row) => [
        text(row, 'name'),
        [
          text(row, 'type'),
          ...(row['required'] === 1 ? ['NOT NULL'] : []),
          ...(row['pk'] === 0 ? [] : [`key part ${text(row, 'pk')}`]),
        ].join(' '),
      ]),
  );

const indexesOf = (connection: Connection, table: string): Record<string, string> =>
  Object.fromEntries(
    connection
      .all(
        `SELECT name, coalesce(sql, 'from a constraint') AS sql FROM sqlite_schema
          WHERE type = 'index' AND tbl_name = ? ORDER BY name`,
        table,
      )
      .map((row) => [text(row, 'name'), text(row, 'sql').replaceAll(/\s+/g, ' ')]),
  );

const optionsOf = (row: Row): string =>
  [...(row['strict'] === 1 ? ['strict'] : []), ...(row['wr'] === 1 ? ['without rowid'] : [])].join(
    ', ',
  );

/** Describes a store that is made for this and removed again. */
export const describeFreshStore = (): Manifest => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-manifest-'));
  try {
    const file = join(folder, 'fresh.db');
    migrate(file);
    const connection = new Connection({ file, visiting: true, busyTimeoutMs: 0 });
    try {
      const migrations = connection
        .all('SELECT name, checksum FROM migration ORDER BY number')
        .map((row) => [text(row, 'name'), text(row, 'checksum')]);
      const tables = connection
        .all(`SELECT name, strict, wr FROM pragma_table_list WHERE type = 'table' ORDER BY name`)
        .filter((row) => !text(row, 'name').startsWith('sqlite_'))
        .map((row): [string, Table] => {
          const name = text(row, 'name');
          const columns = columnsOf(connection, name);
          return [name, { options: optionsOf(row), columns, indexes: indexesOf(connection, name) }];
        });
      return { migrations: Object.fromEntries(migrations), tables: Object.fromEntries(tables) };
    } finally {
      connection.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  writeFileSync(manifestFile, `${JSON.stringify(describeFreshStore(), null, 2)}\n`);
}
