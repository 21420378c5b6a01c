import { z } from 'zod';

const word = z.string().max(200);
const index = z.int().min(0).max(100_000);

/** Where an element is: by its place in the tree at the moment of the look, as System Events addresses elements. */
const placeSchema = z.strictObject({
  /** Index among the processes. */
  process: index,
  root: z.enum(['window', 'menu']),
  path: z.array(index).min(1).max(60),
});

/** What programs ask of the screen, its windows and its keyboard. */
export const uiRequestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('session') }),
  z.strictObject({ ask: z.literal('trusted') }),
  z.strictObject({ ask: z.literal('words'), bundle: z.string().max(400), key: word, table: word }),
  z.strictObject({ ask: z.literal('processes') }),
  z.strictObject({ ask: z.literal('front'), process: index }),
  z.strictObject({ ask: z.literal('roots'), process: index, root: z.enum(['window', 'menu']) }),
  z.strictObject({ ask: z.literal('children'), at: placeSchema }),
  z.strictObject({ ask: z.literal('actions'), at: placeSchema }),
  z.strictObject({ ask: z.literal('attribute'), at: placeSchema, name: word }),
  z.strictObject({
    ask: z.literal('set'),
    at: placeSchema,
    name: word,
    value: z.union([z.string().max(200_000), z.boolean()]),
  }),
  z.strictObject({ ask: z.literal('perform'), at: placeSchema, action: z.string().max(400) }),
  z.strictObject({
    ask: z.literal('key'),
    key: z.union([z.int().min(0).max(127), z.string().max(200)]),
    using: z.array(word).max(4),
  }),
  z.strictObject({ ask: z.literal('open'), url: z.string().max(20_000) }),
]);

export type UiRequest = z.infer<typeof uiRequestSchema>;
export type UiPlace = z.infer<typeof placeSchema>;
