#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// manual.mjs BLEPAIR [--check]: writes the options and exit codes of the manual page, and the completions for
// bash, zsh and fish, from BLEPAIR --help and docs/exit-codes.md. --check: only lists the files that are out of date.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , blepair, check] = process.argv;
if (!blepair) {
  console.error('usage: manual.mjs BLEPAIR [--check]');
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

// From --help: commands, and sections of options.
const commands = [];
const sections = [];
for (const line of execFileSync(blepair, ['--help'], { encoding: 'utf8' }).split('\n')) {
  let m;
  if ((m = line.match(/^ {2}blepair ([a-z]+) +(\S.*)$/))) commands.push({ name: m[1], help: m[2] });
  else if (line === 'Examples:') break;
  else if ((m = line.match(/^([A-Z][A-Za-z ]+):$/))) sections.push({ name: m[1], options: [] });
  else if ((m = line.match(/^ {2}(?:-(\w),|   ) --([a-z-]+)(?: ([A-Z[\]:=|]+))?(?: {2,}(.*))?$/)))
    sections.at(-1).options.push({ letter: m[1], name: m[2], argument: m[3], help: m[4] ?? '' });
  else if ((m = line.match(/^ {31}(\S.*)$/))) {
    const option = sections.at(-1).options.at(-1);
    option.help += (option.help ? ' ' : '') + m[1];
  }
}
const options = sections.flatMap((section) => section.options);

// The words that an option accepts.
const words = {
  controller: 'hci0 usb: unix: tcp: serial:',
  'own-address': 'public static rpa',
  io: 'display display-yesno keyboard keyboard-display none',
  sc: 'prefer only off',
  method: 'just-works numeric passkey oob',
  confirm: 'ask yes no',
  'init-keys': 'enc id sign link none',
  'resp-keys': 'enc id sign link none',
  format: 'json csv bluez wireshark',
  color: 'auto always never',
};
const isFile = (option) => ['FILE', 'DIR'].includes(option.argument);

// ---- The manual page -----------------------------------------------------------------------------------
const troff = (text) => text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replace(/^\./, '\\&.');
const page = sections.map(({ name, options }) => `.SH "OPTIONS: ${name.toUpperCase()}"\n` + options.map((o) =>
  `.TP\n${o.letter ? `\\fB\\-${o.letter}\\fR, ` : ''}\\fB\\-\\-${troff(o.name)}\\fR${o.argument ? ` \\fI${troff(o.argument)}\\fR` : ''}\n${troff(o.help)}.\n`).join('')).join('');
const manual = readFileSync(join(root, 'docs/blepair.1'), 'utf8');
const start = manual.indexOf('.SH "OPTIONS: ');
const end = manual.indexOf('.SH ENVIRONMENT');
const codes = readFileSync(join(root, 'docs/exit-codes.md'), 'utf8').matchAll(/^\| (\d+) \| `\w+` \| (.*?) \|/gm);
const exits = '.SH EXIT STATUS\n' + [...codes].map(([, code, meaning]) => `.TP\n.B ${code}\n${troff(meaning).replaceAll('`', '')}.\n`).join('');

// ---- Completions -----------------------------------------------------------------------------------------
const forms = (o) => [`--${o.name}`, ...(o.letter ? [`-${o.letter}`] : [])];
const bash = `# SPDX-License-Identifier: MIT
# bash completion for blepair, made by scripts/manual.mjs
_blepair() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
${options.filter((o) => words[o.name]).map((o) => `  ${forms(o).join(' | ')}) COMPREPLY=($(compgen -W "${words[o.name]}" -- "$current")) && return ;;`).join('\n')}
  ${options.filter(isFile).flatMap(forms).join(' | ')}) COMPREPLY=($(compgen -f -- "$current")) && return ;;
  bonds) COMPREPLY=($(compgen -W "list show export import remove" -- "$current")) && return ;;
  esac
  COMPREPLY=($(compgen -W "${[...commands.map((c) => c.name), ...options.map((o) => `--${o.name}`)].join(' ')}" -- "$current"))
}
complete -F _blepair blepair
`;
const plain = (text) => text.replaceAll("'", '').replaceAll('[', '(').replaceAll(']', ')').replaceAll(':', '\\:');
const zsh = `#compdef blepair
# SPDX-License-Identifier: MIT
# made by scripts/manual.mjs
_arguments \\
${options.flatMap((o) => forms(o).map((form) => `  '${form}[${plain(o.help)}]${o.argument ? `:${plain(o.argument)}:${words[o.name] ? `(${words[o.name].replaceAll(':', '\\:')})` : isFile(o) ? '_files' : ' '}` : ''}' \\`)).join('\n')}
  '*:address or command:(${commands.map((c) => c.name).join(' ')})'
`;
const fish = `# SPDX-License-Identifier: MIT
# fish completion for blepair, made by scripts/manual.mjs
${commands.map((c) => `complete -c blepair -f -n __fish_use_subcommand -a ${c.name} -d '${c.help.replaceAll("'", '')}'`).join('\n')}
complete -c blepair -f -n "__fish_seen_subcommand_from bonds" -a "list show export import remove"
${options.map((o) => `complete -c blepair${o.letter ? ` -s ${o.letter}` : ''} -l ${o.name}${o.argument ? ' -r' : ''}${words[o.name] ? ` -a "${words[o.name]}"` : isFile(o) ? ' -F' : ''} -d '${o.help.replaceAll("'", '')}'`).join('\n')}
`;

// The list of checks in docs/explain.md, from explain --checks.
const explain = readFileSync(join(root, 'docs/explain.md'), 'utf8');
const checks = execFileSync(blepair, ['explain', '--checks'], { encoding: 'utf8' });

let stale = 0;
for (const [file, text] of Object.entries({
  'docs/blepair.1': manual.slice(0, start) + page + exits + manual.slice(end),
  'docs/explain.md': explain.slice(0, explain.indexOf('| check |')) + checks,
  'cli/completions/blepair.bash': bash,
  'cli/completions/_blepair': zsh,
  'cli/completions/blepair.fish': fish,
})) {
  if (readFileSync(join(root, file), 'utf8') === text) continue;
  if (!check) writeFileSync(join(root, file), text);
  else console.log(`${file} is out of date: run scripts/manual.mjs ${blepair}`);
  stale++;
}
process.exit(check && stale ? 1 : 0);
