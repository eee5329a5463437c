// SPDX-License-Identifier: MIT
// The parts of scripts/bench. Each measures two programs in turn, A B A B ..., in one run, and prints
// medians and their ratio, so that other work on the machine affects both.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { explain } from './explain.mjs';
import { instructions } from './instructions.mjs';
import { stores } from './stores.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const built = (name) => join(root, 'build', 'test', 'bench', name);
const blepair = process.env.BLEPAIR ?? join(root, 'build', 'blepair');
const peer = join(root, 'test', 'peers', 'peer.mjs');
const folder = mkdtempSync(join(tmpdir(), 'blepair-bench.'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function fail(text) {
  console.error(`bench: ${text}`);
  process.exit(1);
}

// ---- Arguments -------------------------------------------------------------------------------------
const args = process.argv.slice(2);
let smoke = false;
let runs = 30;
const names = [];
while (args.length) {
  const word = args.shift();
  if (word === '--smoke') smoke = true;
  else if (word === '--runs' && Number(args[0]) >= 1) runs = Math.floor(Number(args.shift()));
  else names.push(word);
}
if (smoke) runs = 2;

// ---- Processes -------------------------------------------------------------------------------------
// A process that keeps running; next(test) waits for the next matching line of its output.
function keepRunning(command, argv, env = {}) {
  const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'inherit'], cwd: folder, env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  children.push(child);
  return {
    child,
    async next(test) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) fail(`${command} ended early`);
        if (test(value)) return value;
      }
    },
    // Its end closes its standard input, or is a signal.
    async stop(signal) {
      const ended = new Promise((resolve) => child.on('close', resolve));
      if (signal) child.kill(signal);
      else child.stdin.end();
      await ended;
      children.splice(children.indexOf(child), 1);
    },
  };
}

// A private btvirt; each connection to its socket is a virtual controller.
async function btvirt() {
  const process = keepRunning(join(root, 'scripts', 'with-btvirt'), ['sh', '-c', 'echo "$BLEPAIR_BTVIRT"; read -r end || true']);
  const socket = join(await process.next(() => true), 'bt-server-le');
  return { socket, controller: `unix:${socket}`, stop: () => process.stop() };
}

// Runs one process to its end and returns its times and peak memory. Meanwhile the output of the others is read: a
// listener whose output nobody reads stops answering.
async function measure(command, expected = 0) {
  const { stdout: output } = await promisify(execFile)(built('bench_measure'), command, { cwd: folder });
  const [wall, cpu, peak, status] = output.split(' ').map(Number);
  if (status !== expected) fail(`"${command.join(' ')}" failed with ${status}`);
  return { wall: wall / 1000, cpu: cpu / 1000, peak: peak / 1024 };
}

// ---- Tables ----------------------------------------------------------------------------------------
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor((values.length - 1) / 2)];
const figures = (values) => [Math.min(...values), median(values), Math.max(...values)].map((v) => v.toFixed(2).padStart(8)).join(' ');

// Two columns, each with minimum, median and maximum, and the ratio of the medians.
function compare(nameA, nameB, a, b) {
  console.log(`${''.padEnd(18)} ${nameA.padStart(26)}   ${nameB.padStart(26)}   ${'A / B'.padStart(6)}`);
  console.log(`${''.padEnd(18)} ${'min      med      max'.padStart(26)}   ${'min      med      max'.padStart(26)}`);
  for (const [key, label] of [['wall', 'wall, ms'], ['cpu', 'CPU, ms'], ['peak', 'peak memory, MiB']]) {
    const [va, vb] = [a, b].map((rows) => rows.map((row) => row[key]));
    console.log(`${label.padEnd(18)} ${figures(va)}   ${figures(vb)}   ${(median(va) / median(vb)).toFixed(3).padStart(6)}`);
  }
}

// Prints a goal; a missed goal does not fail the run.
function goal(what, value, limit, unit) {
  const says = smoke ? '' : value <= limit ? ': met' : ': MISSED';
  console.log(`goal: ${what} at most ${limit.toFixed(2)} ${unit}; ${value.toFixed(2)} ${unit}${says}`);
}

// ---- Parts -----------------------------------------------------------------------------------------

// Lines of a listener of blepair: it advertises during a link as well, and again after its result.
const isAdvertising = (line) => line.includes('"advertising"');
async function afterResult(listener) {
  await listener.next((line) => line.includes('"result"'));
  await listener.next(isAdvertising);
}

// Runs A and B in turn, each followed by again(), which waits until the peer advertises again; the first run of each is a
// warm-up.
async function inTurn(again, commandA, commandB) {
  const a = [];
  const b = [];
  for (let i = 0; i <= runs; i++) {
    const first = await measure(commandA);
    await again();
    const second = await measure(commandB);
    await again();
    if (i === 0) continue;
    a.push(first);
    b.push(second);
  }
  return [a, b];
}

function primitives() {
  const output = execFileSync(built('bench_primitives'), [smoke ? '0.02' : '1'], { encoding: 'utf8' });
  return Object.fromEntries(output.trim().split('\n').map((line) => line.split(' ')).map(([name, ns]) => [name, Number(ns)]));
}

const address = '00:AA:01:00:00:42'; // of the first controller of a btvirt

// The floor replays the packets of a recorded pairing, so the peer must draw the same random numbers in both.
async function pairing() {
  console.log(`one SC Just Works pairing over a virtual controller, whole process, ${runs} runs each, in turn`);
  const virtual = await btvirt();
  const capture = join(folder, 'pairing.btsnoop');
  const listener = keepRunning(blepair, ['-c', virtual.controller, 'listen', '--no-store', '--json'], { LD_PRELOAD: built('bench_fixed_random.so') });
  const ours = [blepair, '-c', virtual.controller, '--no-store', `${address}/public`];
  await listener.next(isAdvertising);
  await measure([...ours, '-w', capture]);
  await afterResult(listener);
  const [a, b] = await inTurn(() => afterResult(listener), ours, [built('bench_floor'), capture, virtual.socket]);
  await listener.stop('SIGTERM');
  await virtual.stop();
  compare('A: blepair', 'B: the floor', a, b);

  const { keypair, dhkey } = primitives();
  const p256 = (keypair + dhkey) / 1e6;
  const floor = median(b.map((row) => row.wall));
  console.log(`P-256: key pair ${(keypair / 1e6).toFixed(2)} ms, DHKey ${(dhkey / 1e6).toFixed(2)} ms`);
  goal('wall, 1.3 x the floor and two P-256 operations,', median(a.map((row) => row.wall)), 1.3 * floor + p256, 'ms');
  goal('peak memory', median(a.map((row) => row.peak)), 6, 'MiB');
}

// The cost of a store: the bond is on the disk before success is reported.
async function store() {
  console.log(`one SC Just Works pairing over a virtual controller, whole process, ${runs} runs each, in turn: with a store, and without`);
  const virtual = await btvirt();
  const listener = keepRunning(blepair, ['-c', virtual.controller, 'listen', '--no-store', '--json']);
  await listener.next(isAdvertising);
  const ours = [blepair, '-c', virtual.controller, `${address}/public`];
  const [a, b] = await inTurn(() => afterResult(listener), [...ours, '--store', 'pairing.db', '--replace-bond'], [...ours, '--no-store']);
  await listener.stop('SIGTERM');
  await virtual.stop();
  compare('A: with a store', 'B: without', a, b);
}

async function bleHost() {
  console.log(`one SC Just Works pairing with npm ble-host as peripheral, whole process, ${runs} runs each, in turn`);
  const virtual = await btvirt();
  const listener = keepRunning(process.execPath, [peer, 'peripheral', virtual.socket]);
  await listener.next(isAdvertising);
  const [a, b] = await inTurn(() => listener.next(isAdvertising), [blepair, '-c', virtual.controller, '--no-store', `${address}/public`],
    [process.execPath, peer, 'central', virtual.socket, address, '--once']);
  await listener.stop('SIGKILL');
  await virtual.stop();
  compare('A: blepair', 'B: ble-host as central', a, b);
}

// openssl speed prints operations per second, or octets per second for messages of a given length.
function openssl(octets, ...argv) {
  const output = execFileSync('openssl', ['speed', '-mr', '-seconds', '1', ...(octets ? ['-bytes', `${octets}`] : []), ...argv],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const ecdh = output.match(/^\+F5:\d+:256:([\d.]+):/m);
  const rate = output.match(/^\+F:\d+:[^:]+:([\d.]+)/m);
  return 1e9 / (octets ? Number(rate[1]) / octets : Number(ecdh[1]));
}

async function crypto() {
  console.log('cryptography, one operation: ours (crypto/toolbox.h on mbedTLS by PSA, keys imported each time) against openssl speed');
  const rounds = smoke ? 1 : 3;
  const ours = [];
  const theirs = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(primitives());
    theirs.push({ dhkey: openssl(0, 'ecdhp256'), cmac: openssl(65, '-cmac', 'aes-128-cbc'), aes: openssl(16, '-evp', 'aes-128-ecb') });
  }
  console.log(`${''.padEnd(28)} ${'A: ours'.padStart(12)} ${'B: openssl'.padStart(12)} ${'A / B'.padStart(8)}`);
  const microseconds = (ns) => `${(ns / 1000).toFixed(2)} us`.padStart(12);
  for (const [key, label] of [['keypair', 'P-256 key pair'], ['dhkey', 'P-256 DHKey, point checked'], ['cmac', 'AES-CMAC of 65 octets'], ['aes', 'AES-128 of a block']]) {
    const a = median(ours.map((row) => row[key]));
    const b = theirs[0][key] ? median(theirs.map((row) => row[key])) : undefined;
    console.log(`${label.padEnd(28)} ${microseconds(a)} ${b ? microseconds(b) : '-'.padStart(12)} ${b ? (a / b).toFixed(1).padStart(8) : '-'.padStart(8)}`);
  }
}

// ---- Many units ------------------------------------------------------------------------------------
const unitCount = 8; // units; btvirt has room for 16 controllers
const counts = [1, 2, 4, 8];
const linkCounts = smoke ? [1, 16] : [1, 2, 4, 8, 12, 16];

// Units per second of a run with new units.
async function rateOf(controllers) {
  const virtual = await btvirt();
  const listeners = [];
  const lines = ['address'];
  for (let i = 0; i < unitCount; i++) {
    listeners.push(keepRunning(blepair, ['-c', virtual.controller, 'listen', '--no-store', '--io', 'none', '--json']));
    lines.push(JSON.parse(await listeners[i].next((line) => line.includes('"advertising"'))).own.address);
  }
  writeFileSync(join(folder, 'units.csv'), `${lines.join('\n')}\n`);
  const argv = ['batch', 'units.csv', '--links', '1', '--json', '--again', '--store', 'batch.db'];
  for (let c = 0; c < controllers; c++) argv.push('-c', virtual.controller);
  const output = execFileSync(blepair, argv, { encoding: 'utf8', cwd: folder });
  const { seconds, paired } = output.trim().split('\n').map((line) => JSON.parse(line)).find((event) => event.event === 'summary');
  if (paired !== unitCount) fail(`${paired} of ${unitCount} units were paired`);
  for (const listener of listeners) await listener.stop('SIGTERM');
  await virtual.stop();
  return unitCount / seconds;
}

// Over btvirt, without radio time. One link for each controller, because btvirt confuses a second one.
async function stations() {
  console.log(`blepair batch: ${unitCount} units, 1 to 8 virtual controllers with a link each, best of ${smoke ? 1 : 5} runs; computing, disk and btvirt alone`);
  for (const controllers of counts) {
    const rates = [];
    for (let i = 0; i < (smoke ? 1 : 5); i++) rates.push(await rateOf(controllers));
    console.log(`${controllers} controllers ${Math.max(...rates).toFixed(0).padStart(6)} units a second`);
  }

  // Rows for units that never advertise.
  const queued = smoke ? 1000 : 100000;
  const virtual = await btvirt();
  const row = (i) => `C4:00:00:${[16, 8, 0].map((s) => ((i >> s) & 255).toString(16).padStart(2, '0')).join(':')}/random`;
  const peak = async (count) => {
    writeFileSync(join(folder, 'queue.csv'), `address\n${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\n`);
    return (await measure([blepair, 'batch', 'queue.csv', '--no-store', '--timeout', '1', '-c', virtual.controller], 10)).peak;
  };
  console.log(`a queued unit: ${((((await peak(queued)) - (await peak(1))) * 1048576) / (queued - 1)).toFixed(0)} octets of memory`);
  await virtual.stop();
}

function simulated(env, { program = 'batch', tool = [] } = {}) {
  const [command, ...args] = [...tool, join(root, 'build-bench', 'test', `test_sim_${program}`)];
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } });
}

// On simulated air, in radio time.
function radio() {
  const units = smoke ? 50 : 500;
  // As many on the air as no number of links is held up by.
  const rate = (env) => simulated({ BLEPAIR_SIM_UNITS: units, BLEPAIR_SIM_WINDOW: 128, ...env }).match(/([\d.]+) units a second, ([\d.]+) connection/).slice(1);
  console.log(`blepair batch in radio time: ${units} simulated units, 128 of them on the air at once, legacy Just Works; units a second`);
  console.log(`${'links each'.padEnd(14)} ${counts.map((links) => `${links}`.padStart(8)).join('')}`);
  for (const controllers of counts) {
    const rates = counts.map((links) => rate({ BLEPAIR_SIM_CONTROLLERS: controllers, BLEPAIR_SIM_LINKS: links })[0]);
    console.log(`${`${controllers} controllers`.padEnd(14)} ${rates.map((r) => r.padStart(8)).join('')}`);
  }
  console.log('one controller, by the interval: units a second (connection events a unit)');
  console.log(`${'links'.padEnd(14)} ${linkCounts.map((links) => `${links}`.padStart(13)).join('')}`);
  for (const interval of ['7.5', '10', '15', '20', '30', null]) {
    const rates = linkCounts.map((links) => rate({ BLEPAIR_SIM_CONTROLLERS: 1, BLEPAIR_SIM_LINKS: links, ...(interval && { BLEPAIR_SIM_INTERVAL: interval }) }));
    console.log(`${(interval ? `${interval} ms` : 'chosen').padEnd(14)} ${rates.map(([r, events]) => `${r} (${events})`.padStart(13)).join('')}`);
  }
}

// In brackets: computed from the loss alone, see test/sim/loss.c.
function loss() {
  const tries = smoke ? 20 : 2000;
  console.log(`pairings on simulated air that loses packets in both directions, ${tries} at each loss; (link layer: what it allows)`);
  for (const line of simulated({ BLEPAIR_SIM_TRIES: tries }, { program: 'loss' }).split('\n')) if (line.includes(' loss ')) console.log(line);
}

function units() {
  console.log(simulated({ BLEPAIR_SIM_UNITS: smoke ? 100 : 10000 }).split('\n').filter((line) => !line.startsWith('[')).join('\n').trim());
}

const parts = { pairing, store, bonds: () => stores({ folder, blepair, built, measure, goal, median, smoke, runs }), 'ble-host': bleHost, crypto, stations, radio, loss, units, explain: () => explain({ root, folder, blepair, measure, goal, smoke }),
  instructions: () => instructions({ folder, blepair, built, btvirt, keepRunning, isAdvertising, afterResult, measure, address, simulated, smoke, fail }) };
const unknown = names.find((name) => !parts[name]);
if (unknown) fail(`"${unknown}" is not a part; the parts are ${Object.keys(parts).join(', ')}`);
for (const name of names.length ? names : Object.keys(parts)) {
  await parts[name]();
  console.log('');
}
