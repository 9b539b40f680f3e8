import * as z from 'zod'
import { Id, listOf, Moment, onePage, type Operations } from '../openapi/operation.ts'

const Profile = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    address: z.string().nullable(),
    phone: z.string(),
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

const Session = z
  .object({
    id: Id,
    created_at: Moment,
    last_used_at: Moment.meta({ description: 'When it was last refreshed.' }),
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
}
const { id: _, email, ...changeable } = ann

const session: Session = {
  id: 7,
  created_at: '2026-01-31T12:00:00.000Z',
  last_used_at: '2026-01-31T12:05:00.000Z',
  user_agent: 'Mozilla/5.0',
  current: true,
}

export const accountOperations: Operations = {
  'POST /api/users/register': {
    summary: 'Register',
    idempotent: true,
    access: 'public',
    request: { email, password: 'correct horse battery', ...changeable },
    answers: { 201: { description: 'The new account.', schema: Profile, example: ann } },
    refusals: ['email_taken'],
  },
  'POST /api/users/logout': {
    summary: 'Log out',
    description:
      'Ends the session immediately: its access tokens stop working, too. Repeating the request gives 205 again.',
    access: 'customer',
    request: { refresh: 'eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2ln' },
    answers: { 205: { description: 'The session has ended.' } },
  },
  'GET /api/users/profile': {
    summary: 'Read the profile',
    access: 'customer',
    answers: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'PUT /api/users/profile': {
    summary: 'Replace the profile',
    access: 'customer',
    request: changeable,
    answers: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'PATCH /api/users/profile': {
    summary: 'Change the profile',
    access: 'customer',
    request: { phone: ann.phone },
    answers: { 200: { description: 'The profile.', schema: Profile, example: ann } },
  },
  'POST /api/users/password': {
    summary: 'Change the password',
    description: 'Ends every other session of the account.',
    access: 'customer',
    request: { current_password: 'correct horse battery', new_password: 'staple battery horse' },
    answers: { 204: { description: 'The password has been changed.' } },
    refusals: ['wrong_password'],
  },
  'GET /api/users/sessions': {
    summary: 'List your active sessions',
    access: 'customer',
    answers: {
      200: {
        description: 'A page of active sessions, newest first.',
        schema: listOf(Session, 'SessionList'),
        example: onePage(session),
      },
    },
  },
  'DELETE /api/users/sessions/:id': {
    summary: 'End a session',
    access: 'customer',
    answers: { 204: { description: 'The session has ended.' } },
  },
}
