// SPDX-License-Identifier: MIT
// The lines of docs/json.md for jq, typed as they are, against devices that exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, root, world } from './lib.mjs';

const page = readFileSync(join(root, 'docs', 'json.md'), 'utf8');
const lines = page.slice(page.indexOf('### With jq')).match(/```sh\n([^]*?)```/)[1].trim().split('\n');
const address = 'C4:7C:8D:11:22:33';
const expected = {
  scan: /^C4:7C:8D:11:22:33\t-?\d+\tSENSOR-7$/m,
  pair: /^ok just_works \d+(\.\d+)? ms$/m,
  batch: /^"SN-7","ok",$\n^"SN-8","not_found","not_seen"$/m,
  bonds: /^SN-7$/m,
  explain: /Unspecified Reason \(0x08/,
};

test('each line of docs/json.md for jq prints what it is for', async (t) => {
  const w = await world(t);
  assert.deepEqual(lines.map((line) => line.split(' ')[1]), Object.keys(expected));
  mkdirSync(join(w.folder, 'bin'));
  // The page names neither the controller nor the store of this test.
  writeFileSync(join(w.folder, 'bin', 'blepair'), `#!/bin/sh
case $1 in
scan) set -- "$@" -c ${w.controller} --duration 1 ;;
pair) set -- "$@" -c ${w.controller} --no-store --io none ;;
batch) set -- "$@" -c ${w.controller} --store ${w.folder}/bonds.db --io none --scan-timeout 1 ;;
bonds) set -- "$@" --store ${w.folder}/bonds.db ;;
esac
exec ${blepair} "$@"
`);
  chmodSync(join(w.folder, 'bin', 'blepair'), 0o755);
  writeFileSync(join(w.folder, 'units.csv'), `address,label\n${address},SN-7\nC4:7C:8D:11:22:34,SN-8\n`);
  copyFileSync(join(root, 'test', 'captures', 'pairing_failed_0x08.btmon.txt'), join(w.folder, 'capture.btsnoop'));
  const listen = w.blepair('listen', '--own-address', `static=${address}`, '--name', 'SENSOR-7', '--io', 'none');
  await listen.until('advertising');
  for (const line of lines) {
    const command = line.split(' ')[1];
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { cwd: w.folder, encoding: 'utf8',
      env: { ...process.env, PATH: `${w.folder}/bin:${process.env.PATH}` } });
    assert.match(stdout, expected[command], `${line}\n${stdout}${stderr}`);
    assert.doesNotMatch(stderr, /jq: /, line);
  }
});
