// What DuckDB's sniff_csv says of each file named on the command line (in this folder), as JSON.
// The module is looked for from the folder DUCKDB_NODE; README.md says how to get it.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.DUCKDB_NODE ?? process.cwd()}/`);
const { DuckDBInstance } = require('@duckdb/node-api');

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const rowsOf = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
const textsOf = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson();
// Errors go on for pages of advice; the first line says what it is.
const firstLine = (error) => String(error.message ?? error).trim().split('\n')[0];
const mark = (text) => (text === '(empty)' ? '' : text);

const answers = {};
for (const name of process.argv.slice(2)) {
  const file = `'${name.replaceAll("'", "''")}'`;
  const answer = {};
  try {
    const [said] = await rowsOf(`SELECT * FROM sniff_csv(${file})`);
    Object.assign(answer, {
      delimiter: mark(said.Delimiter),
      quote: mark(said.Quote),
      escape: mark(said.Escape),
      newline: said.NewLineDelimiter,
      comment: mark(said.Comment),
      skip: Number(said.SkipRows),
      header: said.HasHeader,
      date_format: said.DateFormat,
      timestamp_format: said.TimestampFormat,
      columns: said.Columns,
    });
  } catch (error) {
    answer.error = firstLine(error);
  }
  try {
    const [{ n }] = await rowsOf(`SELECT count(*)::INTEGER AS n FROM read_csv(${file})`);
    answer.rows = n;
    answer.first = await textsOf(`SELECT columns(*)::VARCHAR FROM read_csv(${file}) LIMIT 3`);
  } catch (error) {
    answer.read_error = firstLine(error);
  }
  answers[name] = answer;
}
const [{ version }] = await rowsOf('SELECT version() AS version');
console.log(JSON.stringify({ version, answers }));
