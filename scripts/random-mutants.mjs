#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// random-mutants SEED [OPTION...] [FOLDER...]: see scripts/mutants, which calls it.
//
// Each worker has a copy of the tree and a build folder in build-mutants/random. A mutant is written into the copy,
// and its object file is built: one that does not compile, or whose object file is the same, is replaced by the next.
// Then the tests that are linked with the object file are built and run, the likely ones first, until one fails. Mutants
// that all of them pass are tried once more in a build with AddressSanitizer.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { apply, kinds, mutants } from './mutate.mjs';

const home = 'build-mutants/random';
const equivalentFile = 'test/mutants/equivalent.txt';
const cpuFactor = 10, cpuLeast = 3; // a test that uses ten times its CPU seconds, and at least 3, does not end

// ---- Arguments ----------------------------------------------------------------------------------------
function fail(message) {
  console.error(`mutants: ${message}`);
  process.exit(2);
}
let seed, count = 60, jobs = availableParallelism(), limit = 100, quick = false;
const groups = [];
for (let args = process.argv.slice(2); args.length; ) {
  const arg = args.shift();
  const number = () => (/^\d+$/.test(args[0] ?? '') ? Number(args.shift()) : fail(`${arg} needs a number`));
  if (arg === '--count') count = number();
  else if (arg === '--jobs') jobs = Math.max(1, number());
  else if (arg === '--limit') limit = number();
  else if (arg === '--quick') quick = true;
  else if (arg.startsWith('-')) fail(`unknown option ${arg}`);
  else if (seed === undefined) seed = /^\d+$/.test(arg) ? arg : fail(`the seed is a number, not ${arg}`);
  else groups.push(arg.replace(/\/$/, ''));
}
if (seed === undefined) fail('usage: mutants --random SEED [--quick] [--count N] [--jobs N] [--limit PERCENT] [FOLDER...]');

const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\0').filter(Boolean);
const tree = git('ls-files', '-z', '-co', '--exclude-standard').filter((file) => existsSync(file) && statSync(file).isFile());
const product = tree.filter((file) => /^(crypto|hci|l2cap|smp|cli)\/.*\.c$/.test(file));
// crypto, hci, l2cap, smp, and each folder of cli with its sub-folders.
const folderOf = (file) => file.split('/').slice(0, file.startsWith('cli/') ? 2 : 1).filter((part) => !part.endsWith('.c')).join('/');
if (!groups.length) groups.push(...[...new Set(product.map(folderOf))].sort());
const filesOf = (group) => (group === folderOf(`${group}/x.c`) && group === 'cli' ? product.filter((file) => folderOf(file) === 'cli')
  : git('ls-files', '-z', '-co', '--exclude-standard', '--', group).filter((file) => product.includes(file))).sort();

// ---- Random choice ------------------------------------------------------------------------------------
// A sequence that depends only on the seed and the name (mulberry32).
function random(text) {
  let a = createHash('sha256').update(text).digest().readUInt32LE();
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// All mutants of a group in the order in which they are tried: first a kind is drawn, then one of that kind.
function* draw(group) {
  const next = random(`${seed} ${group}`);
  const left = new Map(kinds.map((kind) => [kind, []]));
  for (const file of filesOf(group)) {
    const source = readFileSync(file, 'utf8');
    for (const mutant of mutants(source)) left.get(mutant.kind).push({ group, file, kind: mutant.kind, ...apply(source, mutant) });
  }
  for (;;) {
    const some = kinds.filter((kind) => left.get(kind).length);
    if (!some.length) return;
    const of = left.get(some[Math.floor(next() * some.length)]);
    const at = Math.floor(next() * of.length);
    [of[at], of[of.length - 1]] = [of[of.length - 1], of[at]];
    yield of.pop();
  }
}

const nameOf = (m) => `${m.file} :: ${m.old} :: ${m.changed}`;
const equivalent = new Map();
if (existsSync(equivalentFile))
  for (const line of readFileSync(equivalentFile, 'utf8').split('\n').filter((l) => l && !l.startsWith('#'))) {
    const parts = line.split(' :: ');
    if (parts.length !== 4) fail(`${equivalentFile}: not FILE :: OLD :: NEW :: REASON: ${line}`);
    equivalent.set(parts.slice(0, 3).join(' :: '), parts[3]);
  }

// ---- Processes ------------------------------------------------------------------------------------------
const ended = (child) => new Promise((done) => child.on('close', (code, signal) => done(signal ? 255 : code)));

async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return { status: await ended(child), output };
}

// Ticks of CPU of a process and its descendants; null when one of them is ready to run.
function ticks(pid) {
  let sum = 0;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');
    if (stat[0] === 'R' || stat[0] === 'D') return null;
    sum = Number(stat[11]) + Number(stat[12]);
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)) {
      const more = ticks(child);
      if (more === null) return null;
      sum += more;
    }
  } catch {
    // it has just ended
  }
  return sum;
}

const running = new Set(); // groups of processes to end with this one

// As root, a mutant could replace a device node by a file: a mount point cannot be replaced.
const devices = '/dev/null /dev/full /dev/zero';
const protect = process.getuid() ? [] : ['unshare', '-m', 'bash', '-c', `for d in ${devices}; do mount --bind $d $d || exit 2; done; exec "$@"`, 'protect'];
if (protect.length && spawnSync(protect[0], [...protect.slice(1), 'true']).status)
  fail(`cannot protect ${devices} from mutants that run as root: run as another user, or with CAP_SYS_ADMIN`);

// Runs a test in an empty folder with at most that many CPU seconds: { status, cpu, limit }. One that only waits, 20 s
// long without a tick of CPU time, is ended by the limit as well.
async function runTest(program, seconds, folder, memory) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [command, ...args] = [...protect, 'bash', '-c', 'ulimit -c 0; ulimit -v $3; ulimit -f 1000000; ulimit -H -t $(($2 + 1)); ulimit -S -t $2; "$1" >/dev/null 2>&1; s=$?; times; exit $s',
    'test', program, String(seconds), memory];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder, detached: true, env: { ...process.env, CMOCKA_TEST_ABORT: '1' } });
  running.add(child.pid);
  let output = '', last, idle = 0, stuck = false;
  child.stdout.on('data', (data) => (output += data));
  const watch = setInterval(() => {
    const now = ticks(child.pid);
    idle = now !== null && now === last ? idle + 1 : 0;
    last = now;
    if (idle >= 10) {
      stuck = true;
      process.kill(-child.pid, 'SIGKILL');
    }
  }, 2000);
  const status = await ended(child);
  clearInterval(watch);
  running.delete(child.pid);
  const [user, system] = (output.trim().split('\n')[1] ?? '').split(' ').map((t) => { const m = t.match(/(\d+)m([\d.]+)s/); return m ? m[1] * 60 + Number(m[2]) : 0; });
  return { status, cpu: user + system, limit: stuck || status === 152 || status === 137 };
}

// ---- Workers ----------------------------------------------------------------------------------------------
const warnings = ['incompatible-pointer-types', 'int-conversion', 'implicit-function-declaration'].map((w) => `-Werror=${w}`).join(' ');
const kills = new Map(); // "group test": [noticed, run]
// A build: its flags, the address space in KiB, and what is known of its tests: what is linked into each, the promise of
// its CPU seconds, and these seconds.
const build = (name, flags, memory, ...options) => ({ name, flags, memory, options, maps: new Map(), baselines: new Map(), costs: new Map() });
// An index past an array ends the test, as with the sanitizers.
const plain = build('', `${warnings} -fsanitize=bounds -fsanitize-undefined-trap-on-error`, '8000000');
const sanitized = build('sanitized', warnings, 'unlimited', '-DBLEPAIR_SANITIZE=ON');

class Worker {
  constructor(number, kind) {
    Object.assign(this, kind);
    this.folder = resolve(home, kind.name || String(number));
    this.source = join(this.folder, 'source');
    this.build = join(this.folder, 'build');
    this.temporary = join(this.folder, 'cwd');
  }

  async prepare() {
    mkdirSync(this.folder, { recursive: true });
    const old = existsSync(this.source) ? readdirSync(this.source, { recursive: true }) : [];
    const wanted = new Set(tree);
    for (const file of old)
      if (!wanted.has(file) && statSync(join(this.source, file), { throwIfNoEntry: false })?.isFile()) rmSync(join(this.source, file));
    for (const file of tree) {
      const copy = join(this.source, file);
      if (existsSync(copy) && readFileSync(copy).equals(readFileSync(file))) continue;
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(file, copy);
    }
    const ccache = existsSync('/usr/bin/ccache') ? ['-DCMAKE_C_COMPILER_LAUNCHER=ccache'] : [];
    this.env = { ...process.env, CCACHE_BASEDIR: this.folder, CCACHE_NOHASHDIR: '1' };
    const { status, output } = await run('cmake', ['-S', this.source, '-B', this.build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_C_FLAGS_DEBUG=-O1',
      `-DCMAKE_C_FLAGS=${this.flags} -ffile-prefix-map=${this.source}=.`, ...this.options, ...ccache,
      // A map of each program, which names the object files that it is linked of.
      '-DCMAKE_C_LINK_EXECUTABLE=<CMAKE_C_COMPILER> <FLAGS> <CMAKE_C_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES> -Wl,-Map,<TARGET>.map'], { env: this.env });
    if (status) fail(`cmake failed:\n${output}`);
    // Source: its object files. Test: the libraries' members that it may be linked with.
    this.objects = new Map();
    for (const entry of JSON.parse(readFileSync(join(this.build, 'compile_commands.json')))) {
      const file = resolve(entry.file).slice(this.source.length + 1);
      const object = resolve(entry.directory, entry.output ?? entry.command.match(/ -o (\S+\.o)/)[1]).slice(this.build.length + 1);
      this.objects.set(file, [...(this.objects.get(file) ?? []), object]);
    }
    // Test: the object files and libraries that it is linked with.
    this.tests = new Map();
    for (const [, test, inputs] of readFileSync(join(this.build, 'build.ninja'), 'utf8').matchAll(/^build (test\/test_\w+): \w+ (.*)$/gm))
      this.tests.set(test, new Set(inputs.split(' ')));
    if (quick)
      for (const [, name] of (await run('ctest', ['--test-dir', this.build, '-N', '-L', '^slow$'])).output.matchAll(/Test +#\d+: (\S+)/g))
        this.tests.delete(`test/test_${name.replaceAll('/', '_')}`);
  }

  async ninja(...targets) {
    return run('ninja', ['-C', this.build, '-j', '1', ...targets], { env: this.env });
  }

  write(file, text) {
    if (readFileSync(join(this.source, file), 'utf8') !== text) writeFileSync(join(this.source, file), text);
  }

  restore(file) {
    this.write(file, readFileSync(file, 'utf8'));
  }

  // The name in maps: test/libsim.a(main.c.o), or the object file itself.
  members(file) {
    return (this.objects.get(file) ?? []).flatMap((object) => {
      const m = object.match(/^(.*\/)?CMakeFiles\/([^/]+)\.dir\/(.*)$/);
      return [object, `${m[1] ?? ''}lib${m[2]}.a(${basename(m[3])})`];
    });
  }

  // Whether a test is linked with a file; builds the test without the mutant when this is unknown.
  async sees(test, file) {
    if (!this.maps.has(test)) {
      this.restore(file);
      const { status, output } = await this.ninja(test);
      if (status) fail(`${test} does not build:\n${output}`);
      const map = readFileSync(join(this.build, `${test}.map`), 'utf8');
      this.maps.set(test, new Set([...map.matchAll(/^(?:LOAD )?(\S+\.(?:a\(\S+\.o\)|o))(?=\s|$)/gm)].map((m) => m[1])));
    }
    return this.members(file).some((member) => this.maps.get(test).has(member));
  }

  // The CPU seconds of a test without a mutant; it must pass.
  async baseline(test, file) {
    if (!this.baselines.has(test))
      this.baselines.set(test, (async () => {
        this.restore(file);
        const { status, output } = await this.ninja(test);
        if (status) fail(`${test} does not build:\n${output}`);
        const once = await runTest(join(this.build, test), 600, this.temporary, this.memory);
        if (once.status) fail(`${test} fails without a mutant (status ${once.status})`);
        return once.cpu;
      })());
    return this.baselines.get(test);
  }

  // The likely tests first: those of the file's folder, then those that noticed most for their time.
  order(m) {
    const folder = basename(dirname(m.file)), stem = basename(m.file, '.c');
    const value = (test) => {
      const name = test.slice('test/test_'.length);
      const own = [[`${folder}_${stem}`, 4], [`${folder}_${stem.split('_')[0]}`, 2], [`${folder}_`, 1], ['', 0.2]].find(([start]) => name.startsWith(start))[1];
      const [noticed, tried] = kills.get(`${m.group} ${test}`) ?? [0, 0];
      return (own + 4 * noticed) / (1 + 2 * tried) / (0.3 + (this.seconds(test) ?? 0.3));
    };
    const may = this.members(m.file).map((member) => member.replace(/\(.*/, ''));
    const tests = [...this.tests.keys()].filter((test) => may.some((input) => this.tests.get(test).has(input)));
    return tests.map((test) => [test, value(test)]).sort((a, b) => b[1] - a[1]).map(([test]) => test);
  }

  seconds(test) {
    return this.costs.get(test);
  }

  // The result of a mutant: { valid: false } or { valid: true, by, limit }.
  async try(m) {
    const object = this.objects.get(m.file)?.[0];
    if (!object) return { valid: false }; // not built here
    const path = join(this.build, object);
    this.restore(m.file);
    let built = await this.ninja(object);
    if (built.status) fail(`${m.file} does not build without a mutant:\n${built.output}`);
    const before = readFileSync(path);
    try {
      this.write(m.file, m.text);
      built = await this.ninja(object);
      if (built.status || readFileSync(path).equals(before)) return { valid: false, why: built.status ? 'does not compile' : 'same object file' };
      for (const test of this.order(m)) {
        if (!(await this.sees(test, m.file))) continue;
        const seconds = await this.baseline(test, m.file);
        this.costs.set(test, seconds);
        this.write(m.file, m.text);
        built = await this.ninja(test);
        if (built.status) return { valid: false, why: 'does not link' }; // a function that nothing calls now
        const result = await runTest(join(this.build, test), Math.max(cpuLeast, Math.ceil(cpuFactor * seconds)), this.temporary, this.memory);
        const key = `${m.group} ${test}`, [noticed, tried] = kills.get(key) ?? [0, 0];
        kills.set(key, [noticed + (result.status ? 1 : 0), tried + 1]);
        if (result.status) return { valid: true, by: test.slice('test/test_'.length), limit: result.limit };
      }
      return { valid: true };
    } finally {
      this.restore(m.file);
    }
  }
}

// ---- All mutants ------------------------------------------------------------------------------------------
const started = Date.now();
let stale = 0;
const states = groups.map((group) => {
  if (!filesOf(group).length) fail(`no source file of the product matches ${group}`);
  return { group, next: draw(group), pending: 0, replaced: 0, done: [] };
});
function take() {
  for (const state of states) {
    if (state.pending + state.done.length >= count) continue;
    const { value } = state.next.next();
    if (!value) continue;
    state.pending++;
    return [state, value];
  }
  // A pending mutant may still have to be replaced.
  return states.some((state) => state.pending && state.pending + state.done.length >= count) ? 'wait' : null;
}

// ---- The result ----------------------------------------------------------------------------------------
const row = (name, done, replaced) => {
  const alive = done.filter((m) => !m.by);
  const listed = alive.filter((m) => equivalent.has(nameOf(m))).length;
  const cells = [done.length, done.filter((m) => m.by && !m.limit).length, done.filter((m) => m.by && m.limit).length, alive.length, listed, replaced];
  return `${name.padEnd(20)}${cells.map((n) => String(n).padStart(11)).join('')}${(done.length ? (100 * alive.length) / done.length : 0).toFixed(1).padStart(9)} %`;
};
function finish(interrupted) {
  const everything = states.flatMap((state) => state.done);
  for (const m of everything) {
    const reason = equivalent.get(nameOf(m));
    if (!m.by) console.log(`survives: ${m.file}:${m.line}: ${m.kind}: ${m.old} :: ${m.changed}${reason ? ` (equivalent: ${reason})` : ''}`);
    else if (reason) {
      console.log(`${m.by} notices this mutant, so it is not equivalent: remove it from ${equivalentFile}: ${nameOf(m)}`);
      stale++;
    }
  }
  console.log(`${'folder'.padEnd(20)}${['mutants', 'noticed', 'by limit', 'survive', 'equivalent', 'replaced'].map((s) => s.padStart(11)).join('')}${'survive'.padStart(9)}`);
  for (const { group, done, replaced } of states) console.log(row(group, done, replaced));
  const replaced = states.reduce((n, state) => n + state.replaced, 0);
  if (states.length > 1) console.log(row('all', everything, replaced));
  const seconds = (Date.now() - started) / 1000;
  console.log(`mutants: ${interrupted ? 'interrupted; ' : ''}seed ${seed}, ${everything.length} mutants in ${seconds.toFixed(0)} s, ${(seconds / Math.max(1, everything.length)).toFixed(1)} s each; ` +
    `"equivalent" is a part of "survive"; "replaced" did not compile or had the same object file`);
  const alive = everything.filter((m) => !m.by).length;
  if (!everything.length) fail('no mutant was tried');
  if (100 * alive > limit * everything.length) {
    console.log(`mutants: more than ${limit} % survive`);
    process.exit(1);
  }
  process.exit(stale || interrupted ? 1 : 0);
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    for (const pid of running) process.kill(-pid, 'SIGKILL');
    finish(true);
  });
mkdirSync(home, { recursive: true });
const workers = Array.from({ length: jobs }, (_, i) => new Worker(i, plain));
for (const worker of workers) await worker.prepare();
await Promise.all(workers.map(async (worker) => {
  for (;;) {
    const taken = take();
    if (!taken) return;
    if (taken === 'wait') {
      await new Promise((done) => setTimeout(done, 100));
      continue;
    }
    const [state, m] = taken;
    const result = await worker.try(m);
    state.pending--;
    if (!result.valid) {
      state.replaced++;
      continue;
    }
    state.done.push(Object.assign(m, result));
    if (process.stderr.isTTY) process.stderr.write(`\r${state.group}: ${state.done.length} of ${count}   `);
  }
}));
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

// Those that live read or write past memory, perhaps, which only the tests with AddressSanitizer notice, as they run in CI.
// Their build takes minutes: with a limit, it is only made when the limit is exceeded without it.
const drawn = states.flatMap((state) => state.done);
const alive = drawn.filter((m) => !m.by);
if (alive.length && (limit === 100 || 100 * alive.length > limit * drawn.length)) {
  const worker = new Worker(0, sanitized);
  await worker.prepare();
  for (const m of alive) Object.assign(m, await worker.try(m));
}
finish(false);
