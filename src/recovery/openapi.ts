import * as z from 'zod'
import type { Operations } from '../openapi/operation.ts'

const token = 'u3K9Zb0m5cX2w7QJtR1vY8hN4dF6gLsAeIoPzXcVbNm'
const Notice = z.object({ detail: z.string() })

const OFF = 'A shop that sends no mail answers 404.'

export const recoveryOperations: Operations = {
  'POST /api/users/password/reset': {
    operationId: 'requestPasswordReset',
    summary: 'Ask for a new password',
    description: `Sends a mail with a link to set a new password, if there is an account with this e-mail. The response is the same if there is none. The fragment of the link is a token that works once, within 30 minutes. An account gets at most five such mails in 30 minutes, and all their links work. ${OFF}`,
    access: 'public',
    request: { email: 'ann@example.com' },
    responses: {
      202: {
        description: 'A mail has been sent if there is such an account.',
        schema: Notice,
        example: { detail: 'If an account with this e-mail exists, we have sent it a mail.' },
      },
    },
    errors: ['not_found'],
  },
  'POST /api/users/password/reset/confirm': {
    operationId: 'resetPassword',
    summary: 'Set a new password by mail',
    description: `Sets a new password with the token of a mail, and ends every session of the account. It does not log in. A password that is refused does not use up the token. ${OFF}`,
    access: 'public',
    request: { token, new_password: 'staple battery horse' },
    responses: { 204: { description: 'The password has been set.' } },
    errors: ['not_found'],
  },
  'POST /api/users/email': {
    operationId: 'changeEmail',
    summary: 'Change the e-mail, or confirm it',
    description: `Sends a mail with a confirmation link to the new address. The account keeps its present address until the new one has been confirmed. The response is the same if another account has the new address. To confirm the present address, send it as the new one. ${OFF}`,
    access: 'customer',
    request: { email: 'ann@new.example', password: 'correct horse battery' },
    responses: {
      202: {
        description: 'A mail has been sent to the new address.',
        schema: Notice,
        example: { detail: 'We have sent a confirmation link to the new address.' },
      },
    },
    errors: ['wrong_password', 'not_found'],
  },
  'POST /api/users/email/confirm': {
    operationId: 'confirmEmail',
    summary: 'Confirm a new e-mail',
    description: `Gives the account that is logged in the address to which the token was sent. The token works for 24 hours. The former address gets a mail with a token that undoes the change. ${OFF}`,
    access: 'customer',
    request: { token },
    responses: { 204: { description: 'The account has the address.' } },
    errors: ['email_taken', 'not_found'],
  },
  'POST /api/users/email/restore': {
    operationId: 'restoreEmail',
    summary: 'Undo a change of e-mail',
    description: `Gives the account its former address back, with the token of the mail that was sent to that address. The token works for 72 hours. The request also ends every session and removes the password, so that the owner sets a new password by mail. ${OFF}`,
    access: 'public',
    request: { token },
    responses: { 204: { description: 'The account has its former address.' } },
    errors: ['email_taken', 'not_found'],
  },
}
