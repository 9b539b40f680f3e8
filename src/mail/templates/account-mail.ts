import type { Mail } from './mail.ts'

/**
 * Mails about an account. Their tokens stand in the fragment of a link, which browsers send to nobody: programs that
 * open links to inspect them use nothing up.
 */

export function resetPasswordMail(shop: URL, token: string): Mail {
  return {
    subject: 'Set a new password',
    blocks: [
      `Somebody, probably you, has asked for a new password at ${shop.host}.`,
      { label: 'Set a new password', url: linkTo(shop, 'reset-password', token) },
      'The link works once, within 30 minutes. If you did not ask for it, ignore this mail: your password stays as it is.',
    ],
  }
}

export function passwordChangedMail(shop: URL): Mail {
  return {
    subject: 'Your password has been changed',
    blocks: [
      `The password of your account at ${shop.host} has been reset, and all devices have been logged out.`,
      'If it was not you, somebody can read your mail: change the password of your mailbox first, then set a new one at the shop.',
    ],
  }
}

export function confirmEmailMail(shop: URL, token: string): Mail {
  return {
    subject: 'Confirm your e-mail address',
    blocks: [
      `Somebody, probably you, wants to use this address for an account at ${shop.host}.`,
      { label: 'Confirm this address', url: linkTo(shop, 'confirm-email', token) },
      'The link works once, within 24 hours, when you are logged in. If you do not know the account, ignore this mail.',
    ],
  }
}

export function emailChangedMail(shop: URL, token: string): Mail {
  return {
    subject: 'Your e-mail address has been changed',
    blocks: [
      `Your account at ${shop.host} now has another e-mail address.`,
      'If this was not you, undo the change within 72 hours after it was made. That logs out all devices and ends the password; then you can set a new one.',
      { label: 'Undo the change', url: linkTo(shop, 'restore-email', token) },
    ],
  }
}

function linkTo(shop: URL, page: string, token: string): string {
  return new URL(`/#/${page}?token=${token}`, shop).href
}
