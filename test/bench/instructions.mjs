// SPDX-License-Identifier: MIT
// The part "instructions" of scripts/bench: what valgrind counts in a whole process, which does not depend on the load of
// the machine, and how often it waits for the disk. With its system calls unfiltered (--keep-root), where valgrind needs others.
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const million = 1e6;

// Goals, in million instructions: with P-256 by Nettle, and by mbedTLS 3.6.
const rows = [
  { name: 'pairing, --no-store', goals: [7, 14] },
  { name: 'pairing, store exists', goals: [10, 17], syncs: 2 },
  { name: 'pairing, bond replaced' },
  { name: 'pairing, new store', goals: [12, 19], syncs: 4 },
  { name: 'batch of one unit, --no-store' },
  { name: '--version', goals: [1.2, 1.2] },
  { name: 'explain, empty file', goals: [1.2, 1.2] },
];

export async function instructions({ folder, blepair, built, btvirt, keepRunning, isAdvertising, afterResult, measure, address, simulated, smoke, fail }) {
  const run = promisify(execFile);
  const store = join(folder, 'instructions.db');
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  writeFileSync(join(folder, 'one.csv'), `address\n${address}\n`);
  const virtual = await btvirt();
  const listener = keepRunning(blepair, ['-c', virtual.controller, 'listen', '--no-store', '--json']);
  await listener.next(isAdvertising);
  const pair = ['-c', virtual.controller, `${address}/public`];
  const removeStore = () => ['', '-wal', '-shm'].forEach((end) => rmSync(`${store}${end}`, { force: true }));
  const commands = {
    'pairing, --no-store': { args: [...pair, '--no-store'], peer: true },
    'pairing, store exists': { args: [...pair, '--store', store], before: () => execFileSync(blepair, ['bonds', 'remove', address, '--store', store]), peer: true },
    'pairing, bond replaced': { args: [...pair, '--store', store, '--replace-bond'], peer: true },
    'pairing, new store': { args: [...pair, '--store', store], before: removeStore, peer: true },
    'batch of one unit, --no-store': { args: ['batch', 'one.csv', '--no-store', '--keep-root', '-c', virtual.controller], peer: true },
    '--version': { args: ['--version'] },
    'explain, empty file': { args: ['explain', '--keep-root', empty], status: 2 },
  };
  const byNettle = readFileSync(blepair).includes('libhogweed.so');

  async function count({ args, before, peer, status = 0 }) {
    before?.();
    const output = join(folder, 'callgrind.out');
    const log = join(folder, 'callgrind.log');
    const code = await run('valgrind', ['--tool=callgrind', `--callgrind-out-file=${output}`, `--log-file=${log}`, blepair, ...args], { cwd: folder })
      .then(() => 0, (error) => error.code);
    if (peer) await afterResult(listener);
    const collected = readFileSync(log, 'utf8').match(/Collected : (\d+)/);
    if (!collected || (status === 0 && code !== 0)) fail(`"${args.join(' ')}" under valgrind ended with ${code}`);
    before?.();
    const syncs = join(folder, 'syncs');
    const { peak } = await measure(['env', `LD_PRELOAD=${built('bench_count_syncs.so')}`, `BLEPAIR_SYNCS=${syncs}`, blepair, ...args], code);
    if (peer) await afterResult(listener);
    return { instructions: Number(collected[1]), syncs: Number(readFileSync(syncs, 'utf8')), peak };
  }

  console.log(`instructions of a whole process (valgrind --tool=callgrind), P-256 by ${byNettle ? 'Nettle' : 'mbedTLS'}`);
  console.log(`${''.padEnd(30)} ${'million'.padStart(9)} ${'goal'.padStart(6)} ${'fdatasync'.padStart(10)} ${'goal'.padStart(5)} ${'peak, MiB'.padStart(10)}`);
  await count(commands['pairing, new store']); // the store that exists
  const counted = {};
  for (const { name, goals, syncs } of rows) {
    const c = (counted[name] = await count(commands[name]));
    const goal = goals?.[byNettle ? 0 : 1];
    const missed = (goal && c.instructions > goal * million) || (syncs !== undefined && c.syncs > syncs);
    console.log(`${name.padEnd(30)} ${(c.instructions / million).toFixed(2).padStart(9)} ${String(goal ?? '-').padStart(6)} ${String(c.syncs).padStart(10)} ${String(syncs ?? '-').padStart(5)} ${c.peak.toFixed(1).padStart(10)}${missed ? '  MISSED' : ''}`);
  }
  const ratio = counted['batch of one unit, --no-store'].instructions / counted['pairing, --no-store'].instructions;
  console.log(`a batch of one unit takes ${ratio.toFixed(2)} times a pairing (goal: 1.1)`);
  await listener.stop('SIGTERM');
  await virtual.stop();
  if (smoke) return;
  const log = join(folder, 'callgrind.log');
  simulated({ BLEPAIR_SIM_UNITS: 500, BLEPAIR_SIM_CONTROLLERS: 1, BLEPAIR_SIM_LINKS: 1 }, { tool: ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', `--log-file=${log}`] });
  console.log(`a batch of 500 units in the simulator, the simulator included: ${(Number(readFileSync(log, 'utf8').match(/Collected : (\d+)/)[1]) / million).toFixed(0)} million (goal: 350)`);
}
