// SPDX-License-Identifier: MIT
// The jobs of docs/ci.md, from the page, in a project that has this tree as the folder "blepair".
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blepair, root } from './lib.mjs';

const page = readFileSync(join(root, 'docs', 'ci.md'), 'utf8');
const files = Object.fromEntries([...page.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name, text]));

function project(t) {
  const folder = mkdtempSync(join(tmpdir(), 'project-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  symlinkSync(root, join(folder, 'blepair'));
  return folder;
}

// The build under test stands for what set-up builds.
const path = `${dirname(blepair)}:${process.env.PATH}`;
const run = (script, folder, environment) =>
  spawnSync('bash', ['-ec', script], { cwd: folder, encoding: 'utf8', env: { ...process.env, BLEPAIR_BUILD: process.env.BLEPAIR_BUILD ?? dirname(blepair), ...environment } });

const paired = (folder) => {
  const last = JSON.parse(readFileSync(join(folder, 'pairing.jsonl'), 'utf8').trim().split('\n').at(-1));
  assert.equal(last.result, 'paired');
  assert.equal(last.authenticated, true);
  assert.match(readFileSync(join(folder, 'pairing.xml'), 'utf8'), /<testsuite name="blepair pair" tests="1" failures="0" /);
  assert.equal(readFileSync(join(folder, 'pairing.btsnoop')).subarray(0, 7).toString(), 'btsnoop');
};

test('the job for GitHub pairs, with the action of this repository', (t) => {
  const folder = project(t);
  const action = readFileSync(join(root, 'action.yml'), 'utf8');
  const step = action.match(/run: \|\n((?: {8}.*\n)+)/)[1].replace(/^ {8}/gm, '');
  const [setup, ...rest] = step.trim().split('\n');
  assert.equal(setup, '"$GITHUB_ACTION_PATH/scripts/setup" demo'); // README's first command runs it
  const added = join(folder, 'path');
  assert.equal(run(rest.join('\n'), folder, { GITHUB_ACTION_PATH: join(folder, 'blepair'), GITHUB_PATH: added }).status, 0);
  const folders = readFileSync(added, 'utf8').trim().split('\n');
  assert.deepEqual(folders, [join(folder, 'blepair/build'), join(folder, 'blepair/scripts')]);
  const steps = [...files['.github/workflows/pairing.yml'].matchAll(/- (?:run|uses): (.*)/g)].map(([, words]) => words);
  assert.ok(steps.includes('./blepair'));
  const result = run(steps.find((words) => words.includes('pairing.sh')), folder, { PATH: `${folders[1]}:${path}` });
  assert.equal(result.status, 0, result.stderr);
  paired(folder);
});

test('the job for GitLab pairs', (t) => {
  const folder = project(t);
  const lines = [...files['.gitlab-ci.yml'].matchAll(/^ {4}- (.*)$/gm)].map(([, words]) => words);
  assert.equal(lines[0], 'blepair/scripts/setup demo');
  const result = run(lines[1].replace('$PWD/blepair/build:$PATH', path), folder);
  assert.equal(result.status, 0, result.stderr);
  paired(folder);
});

test('a job fails when the pairing fails', (t) => {
  const folder = project(t);
  const script = files['test/pairing.sh'].replace('--io keyboard --passkey 123456', '--io keyboard --passkey 654321');
  writeFileSync(join(folder, 'test/pairing.sh'), script);
  const result = run('blepair/scripts/with-btvirt sh test/pairing.sh', folder, { PATH: path });
  assert.notEqual(result.status, 0);
});
