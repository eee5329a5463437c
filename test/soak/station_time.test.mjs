// SPDX-License-Identifier: MIT
// A station in real time, over virtual controllers: units come on a conveyor, each row is typed by a scanner, and blepair
// runs on while its process is stopped and continued, its dongles are pulled out, its output is rotated by copy and
// truncate, and its service starts it again. scripts/soak runs it; BLEPAIR_STATION_MINUTES sets the time (a third of one).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blepair, world } from '../e2e/lib.mjs';

const minutes = Number(process.env.BLEPAIR_STATION_MINUTES ?? 1 / 3);
const places = 3; // of the conveyor
const parts = 10;
const partMs = (minutes * 60000) / parts;

// A repeatable random number.
let seed = 1;
const draw = (below) => ((seed = (seed * 1103515245 + 12345) % 2147483648) >> 8) % below;

// A dongle: a socket in front of a controller of btvirt.
async function dongle(t, w, name) {
  const path = join(w.folder, name);
  const open = new Set();
  let out = false;
  const server = net.createServer((host) => {
    if (out) return host.destroy();
    const controller = net.connect(w.socket);
    open.add(host);
    host.on('error', () => {}).on('close', () => { open.delete(host); controller.destroy(); });
    controller.on('error', () => {}).on('close', () => host.destroy());
    host.pipe(controller).pipe(host);
  });
  await new Promise((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  return {
    spec: `unix:${path}`,
    pull: () => { out = true; for (const host of open) host.destroy(); },
    plug: () => { out = false; },
  };
}

const size = (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// What waits here has no limit of its own.
test(`a station runs for ${minutes.toFixed(1)} minutes without a hand`, { timeout: 3 * minutes * 60000 + 120000 }, async (t) => {
  const w = await world(t);
  const dongles = [await dongle(t, w, 'left'), await dongle(t, w, 'right')];
  const log = join(w.folder, 'station.log');
  const store = join(w.folder, 'station.db');
  const units = new Map(); // on the conveyor, by address
  const answers = new Map(); // how often each unit was answered as paired
  const kept = { lines: 0, starts: 0, rotations: 0, stops: 0, pulls: 0, failed: 0, confused: 0 };
  const figures = [];
  let part = { waits: [], rss: 0, descriptors: 0, wal: 0 };
  const recent = []; // lines, for the message of a failure
  let read = 0; // octets of the log that were taken
  let rest = '';
  let child;
  let over = false; // no further units come
  let closing = false; // the input of blepair ends

  const type = (unit) => child.stdin.write(`${unit.address}\n`);

  // What the program wrote since the last time.
  function takeLog() {
    const all = readFileSync(log);
    const lines = (rest + all.subarray(read)).split('\n');
    read = all.length;
    rest = lines.pop();
    for (const line of lines) {
      const event = JSON.parse(line);
      kept.lines++;
      recent.push(`${new Date().toISOString()} ${line.slice(0, 400)}`);
      if (recent.length > 40) recent.shift();
      if (event.event !== 'unit' || !event.final) continue;
      const unit = units.get(event.unit.replace('/random', ''));
      assert.ok(unit, `${event.unit} was answered, and is not there`);
      if (event.class === 'ok') {
        answers.set(unit.address, (answers.get(unit.address) ?? 0) + 1);
        part.waits.push(Date.now() - unit.came);
        unit.done = true;
        unit.answered();
      } else {
        kept.failed++;
        power(unit).then(() => type(unit));
      }
    }
  }

  // The service: it starts blepair again whenever that ends.
  async function serve() {
    while (!closing) {
      const fd = openSync(log, 'a');
      child = spawn(blepair, ['batch', '-', '-c', dongles[0].spec, '-c', dongles[1].spec, '--links', '1', '--io', 'none', '--json',
        '--run', 'shift', '--store', store], { stdio: ['pipe', fd, 'inherit'], cwd: w.folder });
      closeSync(fd);
      child.stdin.on('error', () => {});
      kept.starts++;
      const exited = new Promise((resolve) => child.on('close', resolve));
      child.stdin.write('address\n');
      for (const unit of units.values()) type(unit);
      const code = await exited;
      takeLog();
      // All dongles were gone, or the conveyor is empty.
      assert.ok((closing ? [0, 17] : [3, 13, 14]).includes(code), `blepair ended with ${code}`);
      if (!closing) await sleep(500);
    }
  }

  // Switches the unit on, and off before if it is on: btvirt does not end the links of a controller that is gone, so a
  // unit that had one hears nothing of it.
  function power(unit, on = true) {
    unit.switched = (unit.switched ?? Promise.resolve()).then(() => powerNow(unit, on));
    return unit.switched;
  }

  async function powerNow(unit, on) {
    unit.power = 'is switched off';
    unit.peer?.kill('SIGKILL');
    await unit.off;
    if (!on || unit.done) return;
    unit.power = 'is switched on, and does not advertise yet';
    const peer = spawn(blepair, ['-c', w.controller, 'listen', '--io', 'none', '--own-address', `static=${unit.address}`, '--no-store', '--json'],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: w.folder });
    unit.peer = peer;
    unit.off = new Promise((resolve) => peer.on('close', resolve));
    await new Promise((resolve) => {
      peer.stdout.on('data', (data) => data.includes('"advertising"') && resolve());
      peer.on('close', resolve);
    });
    unit.power = 'advertises';
  }

  // One unit after the other at each place.
  let next = 0;
  async function convey() {
    while (!over) {
      const number = next++;
      const address = `C4:00:00:${[16, 8, 0].map((s) => ((number >> s) & 255).toString(16).padStart(2, '0')).join(':')}`.toUpperCase();
      const unit = { address, came: Date.now() };
      await power(unit);
      unit.came = Date.now();
      const answered = new Promise((resolve) => { unit.answered = resolve; });
      units.set(address, unit);
      type(unit);
      await answered;
      await sleep(100); // it is not connected again
      units.delete(address);
      await power(unit, false);
    }
  }

  async function replug(which) {
    for (const d of which) d.pull();
    await sleep(200 + draw(1000));
    for (const d of which) d.plug();
    await Promise.all([...units.values()].map((unit) => power(unit)));
  }

  // btvirt knows links by numbers that are not unique: when a controller leaves it, the link of another may break without
  // a word to either end. Only new controllers help.
  let helping;
  function helpBtvirt() {
    if (helping || ![...units.values()].some((unit) => Date.now() - unit.came > 15000)) return;
    kept.confused++;
    helping = replug(dongles).then(() => sleep(15000)).then(() => { helping = undefined; });
  }

  async function disturb() {
    const pause = Math.max(2000, Math.min(30000, partMs / 2));
    for (;;) {
      await sleep(pause / 2 + draw(pause));
      if (over) return;
      switch (draw(3)) {
        case 0: { // suspended
          kept.stops++;
          child.kill('SIGSTOP');
          await sleep(200 + draw(3000));
          child.kill('SIGCONT');
          break;
        }
        case 1: { // a dongle, and in half of the cases both
          kept.pulls++;
          await replug(draw(2) ? dongles : [dongles[draw(2)]]);
          break;
        }
        case 2: { // logrotate's copytruncate, without the lines that it may lose
          kept.rotations++;
          child.kill('SIGSTOP');
          takeLog();
          truncateSync(log);
          read = 0;
          child.kill('SIGCONT');
          break;
        }
      }
    }
  }

  async function measure() {
    const end = Date.now() + minutes * 60000;
    let partEnd = Date.now() + partMs;
    while (Date.now() < end) {
      await sleep(100);
      w.goesOn();
      helpBtvirt();
      takeLog();
      try {
        part.rss = Math.max(part.rss, Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1] ?? 0));
        part.descriptors = Math.max(part.descriptors, readdirSync(`/proc/${child.pid}/fd`).length);
      } catch {
        // it has just ended
      }
      part.wal = Math.max(part.wal, size(`${store}-wal`));
      for (const unit of units.values()) assert.ok(Date.now() - unit.came < 120000, `${unit.address}, which ${unit.power}, has no answer for two minutes:\n${recent.join('\n')}`);
      if (Date.now() < partEnd) continue;
      partEnd += partMs;
      figures.push({ ...part, units: part.waits.length, wait: median(part.waits) ?? 0, store: size(store) });
      part = { waits: [], rss: 0, descriptors: 0, wal: 0 };
    }
  }

  writeFileSync(log, '');
  t.after(() => {
    over = closing = true;
    child.kill('SIGKILL');
    for (const unit of units.values()) unit.peer?.kill('SIGKILL');
  });
  const service = serve();
  const conveyor = Array.from({ length: places }, () => convey());
  const faults = disturb();
  await Promise.race([measure(), service, faults, ...conveyor]);
  over = true;
  // Units that are on the conveyor are done; then the input ends.
  await faults;
  const reader = setInterval(() => { takeLog(); helpBtvirt(); }, 50);
  await Promise.all(conveyor);
  clearInterval(reader);
  closing = true;
  child.stdin.end();
  await service;

  for (const [address, count] of answers) assert.equal(count, 1, `${address} was answered ${count} times`);
  assert.equal(answers.size, next);
  const say = (name, f) => t.diagnostic(`${name} ${f.units} units, ${f.wait} ms each from coming to its answer (median); ` +
    `${f.rss} KiB, ${f.descriptors} descriptors, log of the store ${Math.ceil(f.wal / 1024)} KiB, store ${Math.ceil(f.store / 1024)} KiB`);
  t.diagnostic(`${next} units; ${kept.starts} starts, ${kept.pulls} times dongles pulled out, ${kept.stops} suspensions, ${kept.rotations} rotations of the output, ${kept.failed} rows typed again, btvirt confused ${kept.confused} times`);
  say('first part:', figures[0]);
  say('last part: ', figures.at(-1));
  // A short run says nothing of rates, and AddressSanitizer keeps what was freed for a while.
  const long = Math.min(figures[0].units, figures.at(-1).units) >= 100;
  for (const f of figures) {
    assert.ok(f.wal < 1 << 20, `${f.wal} octets of the store's log`);
    assert.ok(f.descriptors <= figures[0].descriptors + 4, `${f.descriptors} descriptors`);
    if (long) assert.ok(f.rss < figures[0].rss + 8192 + next, `${f.rss} KiB`);
  }
  assert.ok(kept.confused <= 1 + next / 500, `btvirt was confused ${kept.confused} times`);
  if (long) assert.ok(figures.at(-1).wait < 3 * figures[0].wait + 1000);
});
