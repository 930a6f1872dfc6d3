// A table and a query in PostgreSQL: the package @electric-sql/pglite.
import { PGlite } from '@electric-sql/pglite';

export const answer = [{ name: 'three', twice: 6 }];

export async function run() {
  const db = await PGlite.create();
  await db.exec(
    "CREATE TABLE numbers (name TEXT, value INTEGER); INSERT INTO numbers VALUES ('one', 1), ('three', 3);",
  );
  return (await db.query('SELECT name, value * 2 AS twice FROM numbers WHERE value > $1', [2])).rows;
}
