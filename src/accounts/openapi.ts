import * as z from 'zod'
import { Tokens, tokens } from '../auth/openapi.ts'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, listOf, onePage, type Operations, Timestamp } from '../openapi/operation.ts'
import { MAX_PHONE_CHARACTERS, MAX_PHONE_DIGITS } from './phone.ts'
import { Recipient, UpdateProfileBody } from './schema.ts'

/** The separate fields of an address, in responses. */
export const AddressFields = {
  country: z.string().nullable().meta({ description: 'ISO 3166-1 alpha-2.' }),
  postal_code: z.string().nullable(),
  city: z.string().nullable(),
  line1: z.string().nullable(),
  line2: z.string().nullable(),
}

export const noAddressFields = { country: null, postal_code: null, city: null, line1: null, line2: null }

export const Profile = z
  .object({
    id: Id,
    email: z.string().meta({ description: 'Empty for a guest.' }),
    name: z.string(),
    address: z.string().nullable(),
    phone: z.string(),
    ...AddressFields,
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

export const Session = z
  .object({
    id: Id,
    created_at: Timestamp,
    last_used_at: Timestamp.meta({ description: 'When the session was last refreshed.' }),
    user_agent: z.string(),
    current: z.boolean().meta({ description: 'True for the session of this request.' }),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

const ann: Profile = {
  id: 1,
  email: 'ann@example.com',
  name: 'Ann Example',
  address: '1 High Street, London',
  phone: '+44 20 7946 0000',
  ...noAddressFields,
}
const { id: _, email, ...changeable } = ann

const session: Session = {
  id: 7,
  created_at: '2026-01-31T12:00:00.000Z',
  last_used_at: '2026-01-31T12:05:00.000Z',
  user_agent: 'Mozilla/5.0',
  current: true,
}

const recipientFields = {
  phone: `A phone number in any usual spelling, of at most ${MAX_PHONE_CHARACTERS} characters and ${MAX_PHONE_DIGITS} digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones.`,
  country: 'ISO 3166-1 alpha-2.',
}
describeFields(Recipient, recipientFields)
describeFields(UpdateProfileBody, recipientFields)

export const accountOperations: Operations = {
  'POST /api/users/register': {
    operationId: 'register',
    summary: 'Register',
    description:
      'Creates an account and its empty cart. Registering does not log in: ask for tokens with the same e-mail and password. If a guest sends their access token, the guest becomes the account instead, and keeps cart, orders and tokens.',
    idempotent: true,
    access: 'public',
    request: { email, password: 'correct horse battery', ...changeable },
    responses: { 201: { description: 'The new account.', schema: Profile, example: ann } },
    errors: ['email_taken'],
  },
  'POST /api/users/guest': {
    operationId: 'startGuest',
    summary: 'Start as a guest',
    description:
      'Creates a customer without e-mail and password, and returns a pair of tokens. With these tokens a guest can do all that customers do, and nothing else gives access to the guest. A guest without orders is deleted a day after the session has ended. To turn the guest into an account, register and send the access token of the guest. To take the cart along to an account, log in and send the refresh token of the guest as `guest`.',
    access: 'public',
    responses: { 201: { description: 'A pair of tokens.', schema: Tokens, example: tokens } },
  },
  'POST /api/users/logout': {
    operationId: 'logOut',
    summary: 'Log out',
    description:
      'Ends the session immediately; its access tokens stop working as well. Repeating the request gives 205 again.',
    access: 'customer',
    request: { refresh: 'eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2ln' },
    responses: { 205: { description: 'The session has ended.' } },
  },
  'GET /api/users/profile': {
    operationId: 'getProfile',
    summary: 'Read the profile',
    description: 'Returns name, e-mail, phone and address of the account that is logged in.',
    access: 'customer',
    responses: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'PUT /api/users/profile': {
    operationId: 'replaceProfile',
    summary: 'Replace the profile',
    description:
      'Sets name, phone and address. The address, or a field of it, is removed if it is left out. E-mail and id cannot be changed here.',
    access: 'customer',
    request: changeable,
    responses: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'PATCH /api/users/profile': {
    operationId: 'updateProfile',
    summary: 'Change the profile',
    description:
      'Sets the fields that the body contains and keeps the others. E-mail and id cannot be changed here.',
    access: 'customer',
    request: { phone: ann.phone },
    responses: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'POST /api/users/password': {
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'Sets a new password, if the current one is right. Ends every other session of the account.',
    access: 'customer',
    request: { current_password: 'correct horse battery', new_password: 'staple battery horse' },
    responses: { 204: { description: 'The password has been changed.' } },
    errors: ['wrong_password'],
  },
  'GET /api/users/sessions': {
    operationId: 'listSessions',
    summary: 'List your active sessions',
    description:
      'Each log-in starts a session, on one device. An account has at most 50 active sessions: when another begins, the oldest one ends.',
    access: 'customer',
    responses: {
      200: {
        description: 'A page of active sessions, newest first.',
        schema: listOf(Session, 'SessionList'),
        example: onePage(session),
      },
    },
  },
  'DELETE /api/users/sessions/:id': {
    operationId: 'endSession',
    summary: 'End a session',
    description:
      'Logs out one device: its tokens stop working immediately. Ending the current session logs out.',
    access: 'customer',
    responses: { 204: { description: 'The session has ended.' } },
  },
}
