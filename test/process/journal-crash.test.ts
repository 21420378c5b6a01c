import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Records without end; says on stdout which event and which command are durable. */
const writer = `
const [module, file] = process.argv.slice(1);
const { openJournal } = await import(module);
const journal = openJournal(file);
let seq = journal.commandAck();
const at = new Date().toISOString();
for (;;) {
  seq += 1;
  const command = { type: 'message.send', id: 'cmd_' + seq, traceId: 't', issuedAt: at, expiresAt: at, to: '+14155550101', text: 'x' };
  journal.acceptCommands([{ seq, command, expiresAt: 1 }], 1);
  journal.record({
    at: 1,
    commands: [{ id: command.id, patch: { state: 'acting', highWater: seq } }],
    events: [{ type: 'command.state', commandId: command.id, state: 'acting', at }],
    memory: { cursor: String(seq), remember: [['key', String(seq)]], forget: [] },
  });
  process.stdout.write(seq + ' ' + journal.lastEventSeq() + '\\n');
}
`;

test('a journal killed in the middle of many records has everything that it said was durable', async () => {
  const file = path.join(tempFolder(), 'journal.db');
  for (let round = 1; round <= 8; round += 1) {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', writer, compiledModule('agent/journal/journal.js'), file],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    let durable = [0, 0];
    let lines = 0;
    const killAfter = 5 + Math.floor(Math.random() * 60);
    for await (const line of createInterface({ input: child.stdout })) {
      durable = line.split(' ').map(Number);
      lines += 1;
      if (lines === killAfter) child.kill('SIGKILL');
    }
    await exited;
    expect(lines).toBeGreaterThanOrEqual(killAfter);

    const journal = openJournal(file);
    const [command = 0, event = 0] = durable;
    expect(journal.commandAck()).toBeGreaterThanOrEqual(command);
    expect(journal.lastEventSeq()).toBeGreaterThanOrEqual(event);
    const seqs = journal.eventsAfter(0, 1_000_000).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
    expect(journal.command(`cmd_${command}`)).toMatchObject({ state: 'acting', highWater: command });
    // One transaction: the memory is never ahead of the step that it came with.
    expect(journal.command(`cmd_${journal.tailMemory().cursor}`)?.state).toBe('acting');
    journal.close();
  }
});
