import type { Effect } from '../../bridge/protocol/common.ts';

/** Our names of the effects by the ids of Messages. */
export const effectNames: ReadonlyMap<string, Effect> = new Map([
  ['com.apple.MobileSMS.expressivesend.impact', 'slam'],
  ['com.apple.MobileSMS.expressivesend.loud', 'loud'],
  ['com.apple.MobileSMS.expressivesend.gentle', 'gentle'],
  ['com.apple.MobileSMS.expressivesend.invisibleink', 'invisibleInk'],
  ['com.apple.messages.effect.CKEchoEffect', 'echo'],
  ['com.apple.messages.effect.CKSpotlightEffect', 'spotlight'],
  ['com.apple.messages.effect.CKHappyBirthdayEffect', 'balloons'],
  ['com.apple.messages.effect.CKConfettiEffect', 'confetti'],
  ['com.apple.messages.effect.CKHeartEffect', 'love'],
  ['com.apple.messages.effect.CKLasersEffect', 'lasers'],
  ['com.apple.messages.effect.CKFireworksEffect', 'fireworks'],
  ['com.apple.messages.effect.CKShootingStarEffect', 'shootingStar'],
  ['com.apple.messages.effect.CKSparklesEffect', 'celebration'],
]);
