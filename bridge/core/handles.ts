import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const MAX_EMAIL_LENGTH = 254;
const MAX_NUMBER_LENGTH = 32;
const EMAIL = /^[^\s@<>"(),:;\\[\]]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/**
 * A handle in the form in which it is stored and compared: a valid number as E.164, or an email in lower case.
 * Undefined for anything else; a number needs its `+` and country code.
 */
export function normaliseHandle(written: string): string | undefined {
  const text = written.trim();
  if (text.includes('@')) {
    const email = text.toLowerCase();
    return email.length <= MAX_EMAIL_LENGTH && EMAIL.test(email) ? email : undefined;
  }
  if (!text.startsWith('+') || text.length > MAX_NUMBER_LENGTH) return undefined;
  const number = parsePhoneNumberFromString(text, { extract: false });
  return number?.isValid() && number.ext === undefined ? number.number : undefined;
}

/** A handle as the Mac gave it: normalised where it can be, else as it is, such as a short code. */
export const handleFromMac = (given: string): string => normaliseHandle(given) ?? given;
