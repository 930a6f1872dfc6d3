// A table and a query in the package sql.js: SQLite, which Emscripten compiled.
import initialize from 'sql.js';

export const answer = [['three', 3]];

export async function run() {
  const { Database } = await initialize();
  const db = new Database();
  db.run('CREATE TABLE numbers (name TEXT, value INTEGER)');
  for (const [name, value] of Object.entries({ one: 1, two: 2, three: 3 })) {
    db.run('INSERT INTO numbers VALUES (?, ?)', [name, value]);
  }
  db.create_function('twice', (value) => 2 * value);
  return db.exec('SELECT name, value FROM numbers WHERE twice(value) > 4')[0].values;
}
