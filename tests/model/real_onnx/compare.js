// Holds tepal's answers for ONNX files as people have them against those of onnxruntime-node.
//
//   node compare.js TEPAL FOLDER NODE_MODULES SCRATCH [WORD…]
//
// Every .onnx below FOLDER (only those with a WORD in their path) is imported, asked about rows through
// `tepal predict` and through a served model, and asked about the same rows in node. Numbers may differ by 1e-6 of
// themselves. A refusal counts as right where expected.json gives a part of its sentence. Exit status 1 when
// something is different or refused otherwise, 77 when there are no files.
'use strict';

const fs = require('fs');
const path = require('path');
const {execFileSync, spawn} = require('child_process');

const [tepal, folder, modules, scratch, ...words] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'onnxruntime-node'));
const expected = JSON.parse(fs.readFileSync(path.join(__dirname, 'expected.json'), 'utf8'));
const kRows = 64;
const kTolerance = 1e-6;

// ---------------------------------------------------------------- protobuf, as far as needed

function* fields(bytes) {
    let at = 0;
    const varint = () => {
        let value = 0n;
        for (let shift = 0n;; shift += 7n) {
            const byte = bytes[at++];
            value |= BigInt(byte & 127) << shift;
            if (byte < 128)
                return value;
        }
    };
    while (at < bytes.length) {
        const begin = at;
        const key = Number(varint());
        const kind = key & 7;
        let value;
        if (kind === 0)
            value = varint();
        else if (kind === 2) {
            const size = Number(varint());
            value = bytes.subarray(at, at + size);
            at += size;
        } else {
            const size = kind === 5 ? 4 : 8;
            value = bytes.subarray(at, at + size);
            at += size;
        }
        yield {number: key >> 3, kind, value, raw: bytes.subarray(begin, at)};
    }
}

function varint(value) {
    const out = [];
    for (; value > 127; value = Math.floor(value / 128))
        out.push(value % 128 | 128);
    return Buffer.from([...out, value]);
}
const message = (number, body) => Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
const scalar = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);

/// Without maps among the outputs, which node cannot return; the element that scores are declared with is tried out.
function withoutMaps(bytes, element) {
    const model = [];
    for (const field of fields(bytes)) {
        if (field.number !== 7) {
            model.push(field.raw);
            continue;
        }
        const outputs = new Map();
        const graph = [...fields(field.value)];
        const outs = new Set();
        for (const part of graph.filter(part => part.number === 12))
            outs.add([...fields(part.value)].find(f => f.number === 1).value.toString());
        for (const part of graph.filter(part => part.number === 1)) {
            const node = [...fields(part.value)];
            const texts = number => node.filter(f => f.number === number).map(f => f.value.toString());
            if (texts(4)[0] === 'ZipMap' && outs.has(texts(2)[0])) {
                outputs.set(texts(2)[0], texts(1)[0]);
                part.gone = true;
            }
        }
        const out = [];
        for (const part of graph) {
            if (part.gone)
                continue;
            if (part.number === 12) {
                const name = [...fields(part.value)].find(f => f.number === 1).value.toString();
                if (outputs.has(name)) {
                    out.push(message(12, Buffer.concat([
                        message(1, Buffer.from(outputs.get(name))),
                        message(2, message(1, scalar(1, element)))
                    ])));
                    continue;
                }
            }
            out.push(part.raw);
        }
        model.push(message(7, Buffer.concat(out)));
    }
    return Buffer.concat(model);
}

// ---------------------------------------------------------------- the other side

class Oracle {
    static async open(file) {
        const bytes = fs.readFileSync(file);
        let last;
        for (const tried of [withoutMaps(bytes, 1), withoutMaps(bytes, 11), bytes]) {
            try {
                const made = new Oracle();
                made.session = await ort.InferenceSession.create(tried, {logSeverityLevel: 4, intraOpNumThreads: 1});
                return made;
            } catch (error) {
                last = error;
            }
        }
        throw last;
    }

    inputs() {
        return this.session.inputMetadata.map(each => ({
            name: each.name, type: each.type, shape: each.shape
        }));
    }

    fixed() {
        return Math.max(0, ...this.inputs().map(each => typeof each.shape[0] === 'number' ? each.shape[0] : 0));
    }

    /// One row for itself; a model that wants several gets the row as often as it wants.
    async ask(row, features) {
        return (await this.run(Array(Math.max(1, this.fixed())).fill(row), features))[0];
    }

    /// Rows in one run where that can be, as an endpoint asks about them: the library's own answers for a row may
    /// differ in their last digits between a run of one row and of many.
    async askAll(rows, features) {
        try {
            if (!this.fixed())
                return await this.run(rows, features);
        } catch (error) {
            // Some models take several rows by their shape, and only one by what is in them.
        }
        const out = [];
        for (const row of rows)
            out.push(await this.ask(row, features));
        return out;
    }

    async run(given, features) {
        const feeds = {};
        let at = 0;
        const rows = given.length;
        for (const input of this.inputs()) {
            const fixed = typeof input.shape[1] === 'number' && input.shape[1] > 0;
            const only = this.session.inputMetadata.length === 1;
            const width = input.shape.length === 1 ? 1 : fixed ? input.shape[1] : only ? features : 1;
            const all = [].concat(...given.map(row => row.slice(at, at + width)));
            at += width;
            const shape = input.shape.length === 1 ? [rows] : [rows, width];
            const data = input.type === 'string' ? all.map(cell => cell === null ? '' : cell)
                       : input.type === 'int64'  ? BigInt64Array.from(all.map(BigInt))
                       : input.type === 'int32'  ? Int32Array.from(all)
                       : input.type === 'float64' ? Float64Array.from(all.map(cell => cell === null ? NaN : cell))
                                                  : Float32Array.from(all.map(cell => cell === null ? NaN : cell));
            feeds[input.name] = new ort.Tensor(input.type, data, shape);
        }
        const out = await this.session.run(feeds);
        return given.map((row, r) => this.session.outputNames.map(name => {
            const {data, type} = out[name];
            const each = data.length / rows;
            return {name, type, values: Array.from(data.slice(r * each, (r + 1) * each))};
        }));
    }
}

// ---------------------------------------------------------------- tepal

function run(...args) {
    return execFileSync(tepal, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28});
}
const said = error => String(error.stderr || error.message).trim().split('\n').pop().replace(/^tepal: /, '');

function* files(below) {
    for (const entry of fs.readdirSync(below, {withFileTypes: true}).sort((a, b) => a.name < b.name ? -1 : 1)) {
        const full = path.join(below, entry.name);
        if (entry.isDirectory())
            yield* files(full);
        else if (entry.name.endsWith('.onnx'))
            yield full;
    }
}

/// The same rows every time.
function rowsFor(signature, hint) {
    let state = 12345;
    const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    const scales = [1, 10, 0.1, 100];
    const rows = [];
    for (let r = 0; r < kRows; ++r) {
        rows.push(signature.features.map(feature => {
            const values = (hint.values || {})[feature.name];
            if (values)
                return values[Math.floor(next() * values.length)];
            if (feature.type === 'text')
                return ['a', 'b', 'A text of words', 'the model'][Math.floor(next() * 4)];
            if (feature.type === 'integer')
                return Math.floor(next() * 6);
            const value = (next() * 2 - 0.7) * scales[r % scales.length];
            return Number(value.toFixed(3));
        }));
    }
    return rows;
}

const csvCell = value => value === null ? '' : typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value);

function parseCsvLine(line) {
    const cells = [];
    for (const match of line.matchAll(/("((?:[^"]|"")*)"|[^,]*)(,|$)/g)) {
        cells.push(match[2] === undefined ? match[1] : match[2].replaceAll('""', '"'));
        if (match[3] === '')
            break;
    }
    return cells;
}

class Difference {
    most = 0;
    first = '';
    number(a, b, where) {
        const same = a === b || Math.abs(a - b) <= kTolerance * Math.max(Math.abs(b), 1e-6);
        const relative = a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 1e-6);
        this.most = Math.max(this.most, Number.isFinite(relative) ? relative : Infinity);
        if (!same && !this.first)
            this.first = `${where}: ${a} instead of ${b}`;
    }
    text(a, b, where) {
        if (a !== b && !this.first)
            this.first = `${where}: "${a}" instead of "${b}"`;
    }
}

/// What the outputs of a row mean, by their types, as any reader of the file would say.
function meaning(outputs, signature) {
    const numeric = outputs.filter(each => ['float32', 'float64'].includes(each.type));
    if (signature.task === 'regression')
        return {numbers: [].concat(...outputs.filter(each => each.type !== 'string').map(each => each.values.map(Number)))};
    const label = outputs.find(each => ['int64', 'int32', 'string', 'bool'].includes(each.type) && each.values.length === 1);
    const scores = numeric.find(each => each.values.length === signature.classes.length);
    const text = label ? label.type === 'bool' ? label.values[0] ? 'true' : 'false' : String(label.values[0])
                       : signature.classes[scores.values.indexOf(Math.max(...scores.values))];
    return {text, scores: scores ? scores.values : []};
}

let port = 0;
async function ask(name, signature, rows) {
    const inputs = signature.features.map((feature, i) => ({
        name: feature.name, shape: [rows.length, 1],
        datatype: feature.type === 'text' ? 'BYTES' : feature.type === 'integer' ? 'INT64' : 'FP64',
        data: rows.map(row => row[i] === null && feature.type === 'text' ? '' : row[i])
    }));
    const response = await fetch(`http://127.0.0.1:${port}/v2/models/${name}/infer`, {
        method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({inputs})
    });
    const body = await response.text();
    if (response.status !== 200)
        throw new Error(`the endpoint says ${response.status}: ${body}`);
    const json = JSON.parse(body);
    const by = output => (json.outputs.find(each => each.name === output) || {data: []}).data;
    return {predict: by('predict').map(each => [].concat(each)), scores: by('predict_proba')};
}

/// The answers of `tepal predict` for one file, row by row.
function predicted(name, signature, rows, count) {
    const table = path.join(scratch, 'rows.csv');
    const out = path.join(scratch, 'scored.csv');
    const header = signature.features.map(feature => csvCell(feature.name)).join(',');
    fs.writeFileSync(table, [header, ...rows.map(row => row.map(csvCell).join(','))].join('\n') + '\n');
    const types = signature.features.filter(feature => feature.type === 'text').map(feature => `${feature.name}=text`);
    const texts = types.length > 0 ? ['--types', types.join(',')] : [];
    run('predict', name, table, '-o', out, '--header', '--delimiter', ',', ...texts);
    return fs.readFileSync(out, 'utf8').trim().split('\n').slice(1)
        .map(line => parseCsvLine(line).slice(signature.features.length, signature.features.length + count));
}

async function compare(model) {
    const {name, signature, oracle, hint} = model;
    const rows = [];
    const answers = [];
    let left = 0;
    for (const row of rowsFor(signature, hint)) {
        try {
            const outputs = await oracle.ask(row, signature.features.length);
            const meant = meaning(outputs, signature);
            if ((meant.numbers || meant.scores).every(Number.isFinite)) {
                rows.push(row);
                answers.push(meant);
                continue;
            }
        } catch (error) {
            model.leftWhy = String(error.message).split('\n')[0];
        }
        ++left;
    }
    if (rows.length === 0)
        throw new Error(`no row of ${kRows} has an answer: ${model.leftWhy || 'not finite'}`);
    const together = (await oracle.askAll(rows, signature.features.length)).map(each => meaning(each, signature));
    const lines = predicted(name, signature, rows, signature.outputs.length);
    const served = await ask(name, signature, rows);
    const difference = new Difference();
    const sure = signature.outputs.includes('proba_output');
    rows.forEach((row, r) => {
        const where = `row ${r + 1}`;
        const meant = answers[r];
        if (signature.task === 'regression') {
            if (meant.numbers.length !== signature.outputs.length)
                difference.text(String(signature.outputs.length), String(meant.numbers.length), 'numbers a row');
            meant.numbers.forEach((number, i) => {
                difference.number(Number(lines[r][i]), number, `${where}, ${signature.outputs[i]}`);
                difference.number(served.predict[r][i], together[r].numbers[i], `${where}, served ${signature.outputs[i]}`);
            });
            return;
        }
        difference.text(lines[r][0], meant.text, where);
        difference.text(served.predict[r][0], together[r].text, `${where}, served`);
        if (!sure)
            return;
        difference.number(Number(lines[r][1]), Math.max(...meant.scores), `${where}, probability`);
        const width = signature.classes.length;
        together[r].scores.forEach((score, i) =>
            difference.number(served.scores[r * width + i], score, `${where}, served ${signature.classes[i]}`));
    });
    if (difference.first)
        throw new Error(difference.first);
    const outside = left > 0 ? `, ${left} without an answer there` : '';
    return {rows: rows.length, most: difference.most, text: `equal (${rows.length} rows, ${difference.most.toExponential(0)}${outside})`};
}

async function main() {
    const home = path.join(scratch, 'home');
    process.env.TEPAL_HOME = home;
    const all = [...files(folder)].filter(file => words.length === 0 || words.some(word => file.includes(word)));
    if (all.length === 0) {
        console.log(`skipped: no .onnx files below ${folder}`);
        process.exit(77);
    }
    const models = [];
    for (const [i, file] of all.entries()) {
        const short = path.relative(folder, file);
        const known = Object.keys(expected).filter(each => short.endsWith(each)).sort((a, b) => b.length - a.length)[0];
        const hint = known ? expected[known] : {};
        const model = {file, short, hint, name: `real-${i}`};
        models.push(model);
        try {
            model.oracle = await Oracle.open(file);
            model.takes = model.oracle.inputs().map(each =>
                `${each.name} ${each.type || 'map'}${each.shape ? `[${each.shape.map(dim => dim === '' ? '?' : dim)}]` : ''}`);
            if (model.takes.length > 3)
                model.takes = [...model.takes.slice(0, 2), `… ${model.takes.length} in all`];
        } catch (error) {
            model.oracleSays = String(error.message).split('\n')[0];
        }
        try {
            run('models', 'import', file, '--name', model.name, ...(hint.options || []));
            const shown = JSON.parse(run('models', 'show', model.name, '--json'));
            model.signature = {task: shown.task, features: shown.features, classes: shown.classes || [], outputs: shown.outputs};
        } catch (error) {
            model.refused = said(error).replace(`${file}: `, '');
        }
    }
    run('train', 'iris');
    const endpoint = spawn(tepal, ['serve', '--port', '0', '--logger', 'thread'], {stdio: ['ignore', 'pipe', 'pipe']});
    try {
        await new Promise((resolve, reject) => {
            let text = '';
            const listen = data => {
                text += data;
                const found = text.match(/http:\/\/127\.0\.0\.1:(\d+)/);
                if (found) {
                    port = Number(found[1]);
                    resolve();
                }
            };
            endpoint.stdout.on('data', listen);
            endpoint.stderr.on('data', listen);
            endpoint.on('exit', () => reject(new Error('the endpoint ended: ' + text)));
        });
        await report(models);
    } finally {
        endpoint.kill('SIGTERM');
    }
}

async function report(models) {
    const count = {equal: 0, refused: 0, wrong: 0};
    const cell = text => String(text).replaceAll('|', '\\|');
    console.log('| file | inputs | outputs | result |\n| --- | --- | --- | --- |');
    for (const model of models) {
        let result;
        if (model.refused) {
            // Right as well where the library does not load it in node either.
            const right = model.hint.refused ? model.refused.includes(model.hint.refused) : Boolean(model.oracleSays);
            ++count[right ? 'refused' : 'wrong'];
            result = `${right ? 'refused' : 'REFUSED, unexpectedly'}: ${model.refused}`;
        } else if (!model.oracle) {
            ++count.wrong;
            result = `TAKEN, but node says: ${model.oracleSays}`;
        } else {
            try {
                const same = await compare(model);
                const wrong = Boolean(model.hint.refused);
                ++count[wrong ? 'wrong' : 'equal'];
                result = wrong ? 'TAKEN, and should be refused' : same.text;
            } catch (error) {
                ++count.wrong;
                result = `DIFFERENT: ${said(error)}`;
            }
        }
        const options = model.hint.options ? ` (${model.hint.options.join(' ')})` : '';
        const gives = model.signature ? model.signature.outputs : [];
        const shown = gives.length > 3 ? `${gives[0]} … ${gives[gives.length - 1]}` : gives.join(', ');
        console.log(`| ${cell(model.short + options)} | ${cell((model.takes || ['?']).join(', '))} | ${cell(shown)} | ${cell(result)} |`);
    }
    console.log(`\n${models.length} files: ${count.equal} equal, ${count.refused} rightly refused, ${count.wrong} wrong`);
    process.exitCode = count.wrong > 0 ? 1 : 0;
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
