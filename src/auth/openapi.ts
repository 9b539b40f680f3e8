import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, type Operations } from '../openapi/operation.ts'
import { LogInBody } from './schema.ts'

export const Tokens = z
  .object({
    access: z
      .string()
      .meta({ description: 'Valid for 5 minutes. Send it as Authorization: Bearer <access>.' }),
    refresh: z.string().meta({ description: 'Valid for 1 day and for one use. Keep the newest.' }),
  })
  .meta({ id: 'Tokens' })

export const tokens = {
  access: 'eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2ln',
  refresh: 'eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2ln',
}

const MergedLine = z
  .object({
    product_id: Id,
    from: z.int().min(0).meta({ description: 'The quantity in the cart of the account before the log-in.' }),
    to: z.int().min(0).meta({ description: 'The quantity in the cart of the account now.' }),
  })
  .meta({ id: 'MergedLine' })

const LogInTokens = Tokens.extend({
  merged: z.array(MergedLine).optional().meta({
    description:
      'Only with `guest`: each product of the cart of the guest, with its quantity in the cart of the account.',
  }),
}).meta({ id: 'LogInTokens' })

describeFields(LogInBody, {
  guest:
    'The refresh token of a guest, whose cart the account takes. A token that is not valid changes nothing.',
})

export const authOperations: Operations = {
  'POST /api/token': {
    operationId: 'logIn',
    summary: 'Log in',
    description:
      "Starts a session and returns its first pair of tokens. A wrong password and an unknown e-mail get the same response. If `guest` is the refresh token of a guest, the account takes the guest's cart. If the account's cart is empty, it takes all lines of the guest's cart as they are. Otherwise it takes each product in the larger of the two quantities, as far as the stock and the limits of a cart allow. A repeated log-in merges nothing twice. If the token in `guest` is not valid, the log-in succeeds without merging. `guest` moves no orders. But if the account has confirmed its e-mail, every log-in moves to the account up to a hundred orders that guests placed with that e-mail, but no pending ones.",
    access: 'public',
    request: { email: 'ann@example.com', password: 'correct horse battery' },
    responses: {
      200: {
        description: 'A pair of tokens.',
        schema: LogInTokens,
        example: { ...tokens, merged: [{ product_id: 12, from: 0, to: 1 }] },
      },
    },
    errors: ['invalid_credentials'],
  },
  'POST /api/token/refresh': {
    operationId: 'refreshTokens',
    summary: 'Refresh the tokens',
    description:
      'Each refresh token works once and is replaced by the next. A repeat within 10 seconds gets the same response, so that a lost response logs nobody out. A later repeat counts as theft and ends the whole session.',
    access: 'public',
    request: { refresh: tokens.refresh },
    responses: { 200: { description: 'The next pair of tokens.', schema: Tokens, example: tokens } },
    errors: ['token_invalid', 'token_revoked'],
  },
  'POST /api/token/verify': {
    operationId: 'verifyToken',
    summary: 'Check a token',
    description:
      'A refresh token is valid if the shop would accept it now. An access token is valid if it is signed by the shop, has not expired and is not known to be revoked; after its session has ended, it may count as valid for a minute more. Checking a token changes nothing.',
    access: 'public',
    request: { token: tokens.access },
    responses: { 200: { description: 'The token is valid.', schema: z.object({}), example: {} } },
    errors: ['token_invalid', 'token_revoked'],
  },
}
