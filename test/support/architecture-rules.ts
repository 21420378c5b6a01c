import path from 'node:path';

/** Path from the root of the repository, with its content. */
export type Sources = ReadonlyMap<string, string>;

/** The components that each may import of ours, beside itself. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  'bridge/runtime': [],
  'bridge/protocol': ['bridge/runtime'],
  'bridge/store': ['bridge/protocol', 'bridge/runtime'],
  'bridge/core': ['bridge/store', 'bridge/protocol', 'bridge/runtime'],
  'bridge/api': ['bridge/core', 'bridge/store', 'bridge/protocol', 'bridge/runtime'],
  'bridge/hub': ['bridge/core', 'bridge/store', 'bridge/protocol', 'bridge/runtime'],
  'bridge/webhooks': ['bridge/core', 'bridge/store', 'bridge/protocol', 'bridge/runtime'],
  'bridge/config.ts': ['bridge/protocol', 'bridge/runtime'],
  'bridge/server.ts': ['bridge/'],
  'bridge/cli': ['bridge/'],
  'bridge/main.ts': ['bridge/'],
  'agent/config.ts': ['bridge/protocol', 'bridge/runtime'],
  'agent/versions.ts': ['agent/config.ts', 'bridge/runtime'],
  'agent/lock.ts': ['bridge/protocol', 'bridge/runtime'],
  'agent/sql-limit.ts': [],
  'agent/apple-db': ['bridge/protocol', 'bridge/runtime'],
  'agent/messages-db': ['agent/apple-db', 'agent/sql-limit.ts', 'bridge/protocol', 'bridge/runtime'],
  'agent/calls-db': ['agent/apple-db', 'agent/sql-limit.ts', 'bridge/protocol', 'bridge/runtime'],
  'agent/mac': ['bridge/protocol', 'bridge/runtime'],
  'agent/journal': ['agent/sql-limit.ts', 'bridge/protocol', 'bridge/runtime'],
  'agent/identity': ['bridge/protocol', 'bridge/runtime'],
  'agent/control': ['bridge/protocol', 'bridge/runtime'],
  'agent/outbox': [
    'agent/journal',
    'agent/mac',
    'agent/messages-db',
    'agent/pacing',
    'bridge/protocol',
    'bridge/runtime',
  ],
  'agent/pacing': ['agent/journal', 'bridge/protocol', 'bridge/runtime'],
  'agent/health': ['agent/journal', 'agent/pacing', 'bridge/protocol', 'bridge/runtime'],
  'agent/media': ['bridge/protocol', 'bridge/runtime'],
  'agent/link': ['agent/journal', 'bridge/protocol', 'bridge/runtime'],
  'agent/virtual-mac': ['agent/messages-db', 'agent/control', 'bridge/protocol', 'bridge/runtime'],
  'agent/': ['agent/', 'bridge/protocol', 'bridge/runtime'],
};

/** Of these folders the components named may import the types alone. */
const typesAlone: Readonly<Record<string, readonly string[]>> = {
  'bridge/api': ['bridge/store'],
  'bridge/hub': ['bridge/store'],
  'bridge/webhooks': ['bridge/store'],
  'agent/outbox': ['agent/mac', 'agent/messages-db', 'agent/pacing'],
};

/** What folders let in beside the file of their name and `types.ts`; the leaves let in any file. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  // Opening a database and waiting for what comes into it.
  'agent/apple-db': ['watch.ts'],
  // The codec of message bodies and the epoch of Apple have no state; the virtual Mac writes with them.
  // Evidence is asked for by those who act, and history by those who want the past; they follow nothing.
  'agent/messages-db': ['typedstream.ts', 'apple-time.ts', 'evidence.ts', 'history.ts'],
  // Beside acting: where files must lie for it, what can be known without it, the Mac with all that is done for it, and
  // what a look at a call shows.
  'agent/mac': ['staging.ts', 'lookup.ts', 'care.ts', 'call-acts.ts'],
  // History is told in the same words as what comes.
  'agent/outbox': ['facts.ts'],
  // Both sides of every Unix socket of ours must agree on its path, the virtual Mac's too.
  'agent/control': ['socket-path.ts'],
  'agent/cli': ['read-input.ts'],
  'bridge/cli': ['program.ts'],
  'bridge/store': ['media-folder.ts'],
  'bridge/api': ['listen.ts', 'version.ts'],
};

const leaves = ['bridge/runtime', 'bridge/protocol'];

/** Packages that the leaves may stand on. */
const packagesOfLeaves: Readonly<Record<string, readonly string[]>> = {
  'bridge/runtime': ['pino'],
  'bridge/protocol': ['zod'],
};

interface TextRule {
  rule: string;
  /** What must not stand in the code. */
  pattern: RegExp;
  /** Where it may all the same. */
  allowed: RegExp;
}

const textRules: readonly TextRule[] = [
  {
    rule: 'the environment is read in config.ts alone',
    pattern: /\bprocess\.env\b(?!\)\s*;?$)|\bprocess\.env\[|\bprocess\.env\./m,
    allowed: /(^|\/)config\.ts$/,
  },
  {
    rule: 'the environment is handed to config.ts by main.ts alone',
    pattern: /\bprocess\.env\b/,
    allowed: /(^|\/)(config|main)\.ts$/,
  },
  {
    rule: 'time and timers come from the clock',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|\bset(Timeout|Interval|Immediate)\s*\(|node:timers|\bperformance\.now\b|AbortSignal\.timeout/,
    allowed: /^bridge\/runtime\/(clock|lifecycle)\.ts$/,
  },
  {
    rule: 'child processes start in agent/mac and agent/service alone',
    pattern: /node:child_process|node:cluster|['"]child_process['"]/,
    allowed: /^agent\/(mac|service)\//,
  },
  {
    rule: 'databases of Apple are opened for reading alone outside the virtual Mac',
    pattern: /new (Database|Sqlite)\((?![^;]*readonly: true)/,
    allowed: /^(agent\/virtual-mac\/|agent\/journal\/|agent\/lock\.ts$|bridge\/store\/sqlite\.ts$)/,
  },
  { rule: 'exports are named', pattern: /^\s*export default\b/m, allowed: /^(vitest\.config\.ts)$/ },
  {
    rule: 'no barrels',
    pattern: /^export \*|^export \{[^}]*\} from/m,
    allowed: /^$/,
  },
];

const BANNED_WORD = /^(utils?|helpers?|managers?|misc|index)$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const KEBAB_FILE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const LONGEST_FILE = 400;
/** A table of cases reads better whole. */
const LONGEST_TEST = 500;

/** The component of a file: a folder directly below `agent` or `bridge`, or a file there. */
const componentOf = (file: string): string => file.split('/').slice(0, 2).join('/');

const isProduct = (file: string): boolean => /^(agent|bridge)\//.test(file);

/** The code without lines that are comment from their beginning. */
const withoutComments = (source: string): string =>
  source
    .split('\n')
    .map((line) => (/^\s*(\/\/|\/\*|\*)/.test(line) ? '' : line))
    .join('\n');

const IMPORT =
  /\b(?:import|export)\b(?:\s+type\b)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/g;

/** Everything that a source imports, as it stands there. */
export const importsOf = (source: string): string[] =>
  [...withoutComments(source).matchAll(IMPORT)].map((match) => match.slice(1).find(Boolean) ?? '');

function mayImport(from: string, to: string): boolean {
  const allowed = layers[from] ?? (from.startsWith('agent/') ? layers['agent/'] : []) ?? [];
  return allowed.some((one) => (one.endsWith('/') ? to.startsWith(one) : to === one));
}

/** Why one file of ours may not import another; undefined when it may. */
function objection(file: string, target: string): string | undefined {
  if (target.startsWith('test/')) return file.startsWith('test/') ? undefined : 'nothing imports test';
  if (!isProduct(file)) return undefined;
  if (!isProduct(target)) return 'the product imports its own folders alone';
  const [from, to] = [componentOf(file), componentOf(target)];
  if (from === to) return undefined;
  if (file.startsWith('bridge/') && target.startsWith('agent/')) return 'bridge never imports agent';
  if (!mayImport(from, to)) return `${from} does not import ${to}`;
  const entry = target.slice(to.length + 1);
  if (typesAlone[from]?.includes(to) && entry !== 'types.ts')
    return `${from} imports of ${to} the types alone`;
  if (to.endsWith('.ts') || leaves.includes(to)) return undefined;
  const name = path.posix.basename(to);
  const open = ['types.ts', `${name}.ts`, ...(doors[to] ?? [])];
  return open.includes(entry) ? undefined : `${to} is entered through ${open.join(', ')}`;
}

function importViolations(file: string, source: string): string[] {
  const found: string[] = [];
  const packages = packagesOfLeaves[componentOf(file)];
  for (const specifier of importsOf(source)) {
    if (specifier.startsWith('.')) {
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
      const why = objection(file, target);
      if (why) found.push(`${file}: ${why} (${specifier})`);
    } else if (packages && !specifier.startsWith('node:') && !packages.includes(specifier)) {
      found.push(`${file}: a leaf stands on ${packages.join(', ')} alone (${specifier})`);
    }
  }
  return found;
}

function shapeViolations(file: string, source: string): string[] {
  const found: string[] = [];
  const words = file.split('/');
  const last = words.pop() ?? '';
  const stem = last.replace(/\.\w+$/, '');
  if (BANNED_WORD.test(stem) || words.some((word) => BANNED_WORD.test(word)))
    found.push(`${file}: a name says what is inside`);
  if (!KEBAB_FILE.test(last) || !words.every((word) => KEBAB.test(word)))
    found.push(`${file}: names are kebab-case`);
  const lines = source.split('\n').length - 1;
  const longest = file.startsWith('test/') ? LONGEST_TEST : LONGEST_FILE;
  if (lines > longest) found.push(`${file}: ${lines} lines are more than ${longest}`);
  return found;
}

/** Every breach of the rules in ARCHITECTURE.md, each as one line that names file and rule. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  for (const [file, source] of sources) {
    found.push(...importViolations(file, source), ...shapeViolations(file, source));
    if (!isProduct(file)) continue;
    const code = withoutComments(source);
    for (const { rule, pattern, allowed } of textRules)
      if (pattern.test(code) && !allowed.test(file)) found.push(`${file}: ${rule}`);
  }
  return found;
}
