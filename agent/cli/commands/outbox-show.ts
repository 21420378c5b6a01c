import { control } from '../../control/control.ts';
import { type CommandView, commandViewSchema } from '../../outbox/types.ts';
import type { Command } from '../command.ts';

/** `bluerelay outbox show`: one command, and the evidence for what became of it. */
export const outboxShowCommand: Command = {
  name: 'outbox show',
  summary: 'Show one command and the evidence for what became of it.',
  options: [
    { flags: '--id <id>', description: 'id of the command', required: true },
    { flags: '--json', description: 'print it as one JSON line' },
  ],
  examples: ['bluerelay outbox show --id cmd_01jd…'],
  async run({ config, clock, print }, options) {
    const answer = await control.ask(config.home, clock, 'outbox.show', { id: options.id });
    const view = commandViewSchema.parse(answer);
    if (options.json) print(JSON.stringify(view));
    else for (const line of lines(view)) print(line);
    return undefined;
  },
};

function lines(view: CommandView): string[] {
  const { evidence } = view;
  const acted = evidence.actedAt ? `${evidence.actedAt}, after row ${evidence.rowsAfter}` : 'never';
  return [
    `command   ${view.id}, ${view.state} since ${view.updatedAt}`,
    `to        ${view.to ?? '(erased)'}`,
    `text      ${view.text === null ? '(erased)' : JSON.stringify(view.text)}`,
    `deadline  ${view.expiresAt}`,
    `acted     ${acted}; ${view.attempts} attempts`,
    ...(view.error ? [`error     ${view.error.code}: ${view.error.message}`] : []),
    ...(view.guid ? [`proof     ${view.guid}`] : []),
    ...evidence.rows.map(
      (row) =>
        `row       ${row.rowid} at ${row.at}: ${row.sameText ? 'same text' : 'other text'}` +
        `${row.inChat ? '' : ', in no chat'}${row.error ? `, error ${row.error}` : ''}`,
    ),
  ];
}
