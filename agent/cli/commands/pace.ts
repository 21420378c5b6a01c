import { control } from '../../control/control.ts';
import { type Explanation, explanationSchema, type Pace, paceSchema } from '../../pace.ts';
import type { Command } from '../command.ts';

/** `bluerelay pace`: how far the line is, what of its caps is used, and why a command waits. */
export const paceCommand: Command = {
  name: 'pace',
  summary: 'Show how the line is paced, what is held and why.',
  options: [
    { flags: '--explain <id>', description: 'say why this command waits' },
    { flags: '--json', description: 'print it as one JSON line' },
  ],
  examples: ['bluerelay pace', 'bluerelay pace --explain cmd_01jd…'],
  async run({ config, clock, print }, options) {
    const { explain, json } = options;
    if (typeof explain === 'string') {
      const answer = await control.ask(config.home, clock, 'pace.explain', { id: explain });
      const explanation = explanationSchema.parse(answer);
      print(json ? JSON.stringify(explanation) : sentence(explanation));
      return undefined;
    }
    const pace = paceSchema.parse(await control.ask(config.home, clock, 'pace.show'));
    if (json) print(JSON.stringify(pace));
    else for (const line of lines(pace)) print(line);
    return undefined;
  },
};

function sentence({ id, state, decision, behind, first, retryAt, expiresAt }: Explanation): string {
  const end = `It is not sent after ${expiresAt}.`;
  if (first) {
    const held = first.rule === null ? '' : `, held by ${first.rule} until ${first.until} at the earliest`;
    return `${id} is ${state}: ${behind} before it in its conversation go first, ${first.id} (${first.state}${held}). ${end}`;
  }
  if (retryAt !== null)
    return `${id} is ${state}: its act did not start and is tried again at ${retryAt}. ${end}`;
  if (!decision) return `${id} is ${state}; pacing does not hold it.`;
  if (decision.go) return `${id} is ${state}; no rule holds it now.`;
  const cap = decision.cap === null ? '' : ` (${decision.used} of ${decision.cap} used)`;
  return `${id} is ${state}: ${decision.rule}${cap} holds it until ${decision.until} at the earliest. ${end}`;
}

function lines(pace: Pace): string[] {
  const { warmup } = pace;
  return [
    `pacing    ${pace.off ? 'off' : 'on'}, ${pace.timezone}`,
    `day       ${warmup.day} (${pace.date})${warmup.completed ? ', warmup completed' : `, stage ${warmup.stage} of the warmup`}`,
    `today     ${pace.proactive} of ${warmup.dailyCap} proactive, ${pace.newConversations} of ${warmup.newConversationCap} new conversations, ${pace.sent} sent, ${pace.received} received`,
    `hour      ${pace.newLastHour} of ${pace.newPerHour} new conversations`,
    `resets    ${pace.resetsAt}`,
    `health    ${pace.health}${pace.reasons.length > 0 ? `: ${pace.reasons.join('; ')}` : ''}`,
    ...(pace.pausedUntil ? [`paused    only replies leave, until ${pace.pausedUntil} at the earliest`] : []),
    ...(pace.course === 'recovering' ? ['recovers  the caps of a day come back in quarters'] : []),
    ...pace.held.map(({ rule, commands, earliest }) => `held      ${commands} by ${rule} until ${earliest}`),
  ];
}
