// A query in the package @duckdb/duckdb-wasm: 34 MB, with legacy exceptions.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createDuckDB, NODE_RUNTIME, VoidLogger } = require('@duckdb/duckdb-wasm/dist/duckdb-node-blocking');

export const answer = { sum: 5050, name: 'three' };

export async function run() {
  const bundle = { mainModule: require.resolve('@duckdb/duckdb-wasm/dist/duckdb-eh.wasm'), mainWorker: null };
  const db = await createDuckDB({ mvp: bundle, eh: bundle }, new VoidLogger(), NODE_RUNTIME);
  await db.instantiate();
  const connection = db.connect();
  const [{ sum }] = connection.query('SELECT sum(range)::INTEGER AS sum FROM range(101)').toArray();
  const [{ name }] = connection
    .query("SELECT name FROM (VALUES ('one', 1), ('three', 3)) AS numbers (name, value) WHERE value > 2")
    .toArray();
  return { sum, name };
}
