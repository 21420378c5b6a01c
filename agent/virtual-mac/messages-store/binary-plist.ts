import creator from 'bplist-creator';

/** A value of a property list; `PlistReal` is a real number even when it is whole, `UID` a reference of NSKeyedArchiver. */
export type PlistValue =
  | string
  | number
  | boolean
  | Buffer
  | PlistReal
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue };

export type PlistReal = InstanceType<typeof creator.Real>;

export const plistReal = (value: number): PlistReal => new creator.Real(value);

/** A binary property list (`bplist00`), the form of `message_summary_info`, `properties` and `payload_data`. */
export const binaryPlist = (value: { readonly [key: string]: PlistValue }): Buffer => creator(value);
