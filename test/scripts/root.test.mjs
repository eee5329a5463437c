// SPDX-License-Identifier: MIT
// scripts/root, with a debootstrap that makes a root of a shell and a few other programs.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'root');
const own = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
const memory = '/dev/shm'; // overlayfs cannot lie on another one, which /tmp may be
const can = process.getuid() === 0 && own && existsSync(memory) && spawnSync('unshare', ['--mount', 'true']).status === 0;
const options = { skip: can ? false : 'needs root, the right to mount, and Debian' };
const folder = can ? mkdtempSync(join(memory, 'blepair-root.')) : '';
const roots = join(folder, 'roots');
after(() => can && rmSync(folder, { recursive: true }));

const which = (name) => realpathSync(execFileSync('which', [name], { encoding: 'utf8' }).trim());
const program = (name, text) => writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

// A debootstrap that copies these programs and their shared libraries.
function debootstrap() {
  const tools = ['sh', 'sleep', 'cat', 'rm', 'touch'].map((name) => [which(name), `/bin/${name}`]);
  const libraries = tools.flatMap(([file]) => execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g));
  const files = [...tools, ...[...new Set(libraries)].map((file) => [file, file])];
  return `root=$3
    for folder in bin proc dev/pts etc/apt/apt.conf.d etc/apt/sources.list.d etc/dpkg/dpkg.cfg.d; do mkdir -p "$root/$folder"; done
    ${files.map(([from, to]) => `mkdir -p "$root${dirname(to)}" && cp -L ${from} "$root${to}"`).join('\n')}
    printf '#!/bin/sh\\n' >"$root/bin/apt-get" && chmod 755 "$root/bin/apt-get"`;
}

beforeEach(() => {
  if (!can) return;
  rmSync(roots, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  program('debootstrap', debootstrap());
  program('apt-get', `echo "Debian ${own} http://mirror.invalid/debian/"; echo "Debian ${own}-security http://mirror.invalid/security/"`);
});

const environment = { ...process.env, BLEPAIR_ROOTS: roots, PATH: `${folder}/bin:${process.env.PATH}` };
const run = (...words) => spawnSync(script, words, { encoding: 'utf8', env: environment });
const mounts = () => readFileSync('/proc/self/mounts', 'utf8');
const left = () => readdirSync(roots).filter((name) => name.startsWith('run.'));

test('the status of the command is returned, and nothing is left', options, () => {
  const before = mounts();
  const { status, stdout } = run('own', 'true', 'echo in the root; exit 5');
  assert.equal(stdout, 'in the root\n');
  assert.equal(status, 5);
  assert.equal(mounts(), before);
  assert.deepEqual(left(), []);
});

test('the root is made once, and what a command changes is discarded', options, () => {
  program('debootstrap', `echo >>${folder}/made; ${debootstrap()}`);
  assert.equal(run('own', 'echo kept >/kept', 'cat /kept; echo changed >/kept; echo new >/new').stdout, 'kept\n');
  assert.equal(run('own', 'echo kept >/kept', 'cat /kept; test ! -e /new').stdout, 'kept\n');
  assert.equal(readFileSync(join(folder, 'made'), 'utf8'), '\n');
});

test('a command that removes all it sees removes nothing outside', options, () => {
  writeFileSync(join(folder, 'outside'), '');
  const { status } = run('own', 'true', 'rm -rf --no-preserve-root / 2>/dev/null || exit 3');
  assert.equal(status, 3);
  assert.ok(existsSync(join(folder, 'outside')) && existsSync(script));
  assert.equal(run('own', 'true', 'echo still there').stdout, 'still there\n');
});

test('a script that is ended ends its processes, and leaves no mount and no file', options, async () => {
  const before = mounts();
  const child = spawn(script, ['own', 'true', 'echo started; sleep 4711'], { env: environment });
  await new Promise((started) => child.stdout.once('data', started));
  child.kill('SIGTERM');
  assert.equal(await new Promise((closed) => child.once('close', closed)), 143);
  assert.equal(mounts(), before);
  assert.deepEqual(left(), []);
});

test('the sources of apt are those of this system, with the codename of the root', options, () => {
  const other = own === 'bookworm' ? 'trixie' : 'bookworm';
  const { stdout } = run('other', 'true', 'cat /etc/apt/sources.list');
  assert.equal(stdout, `deb http://mirror.invalid/debian/ ${other} main\ndeb http://mirror.invalid/security/ ${other}-security main\n`);
});

test('a mirror that cannot be reached is reported as skipped', options, () => {
  program('debootstrap', 'echo "E: Failed getting release file http://mirror.invalid/debian/"; exit 1');
  const { status, stdout } = run('own', 'true', 'true');
  assert.equal(status, 77);
  assert.match(stdout, /cannot get Debian .* from the mirror/);
  program('apt-get', 'true');
  assert.equal(run('own', 'true', 'true').status, 77);
});

test('another error of debootstrap, or of the packages, is a failure', options, () => {
  program('debootstrap', 'echo "E: no space left"; exit 1');
  assert.equal(run('own', 'true', 'true').status, 1);
  program('debootstrap', debootstrap());
  const { status, stdout } = run('own', 'echo no such package; exit 100', 'true');
  assert.equal(status, 1);
  assert.match(stdout, /no such package\n.*cannot be installed/);
});
