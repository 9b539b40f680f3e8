import * as z from 'zod'
import { Id, listOf, Moment, onePage, type Operations } from '../openapi/operation.ts'
import { CHECK_NAMES } from './checks.ts'

const AuditPiece = z
  .object({
    check: z.enum(CHECK_NAMES),
    checked: z.int().min(0).meta({ description: 'Rows compared in this piece.' }),
    violations: z.int().min(0),
    first_ids: z.array(Id).meta({ description: 'The first ten that are wrong.' }),
    next: z.url().nullable().meta({ description: 'The next piece, of this check or the one after it.' }),
  })
  .meta({ id: 'AuditPiece' })
export type AuditPiece = z.infer<typeof AuditPiece>

const piece: AuditPiece = {
  check: 'stock_is_sum_of_movements',
  checked: 1000,
  violations: 0,
  first_ids: [],
  next: 'https://shop.example/api/admin/audit/?check=stock_is_sum_of_movements&cursor=1000',
}

const StaffAction = z
  .object({
    id: Id,
    actor: z.string().nullable().meta({ description: 'E-mail of the account; null for a command.' }),
    method: z.string(),
    path: z.string(),
    body: z.string().nullable().meta({ description: 'As it was sent.' }),
    at: Moment,
  })
  .meta({ id: 'StaffAction' })
export type StaffAction = z.infer<typeof StaffAction>

const action: StaffAction = {
  id: 31,
  actor: 'staff@example.com',
  method: 'PATCH',
  path: '/api/admin/products/12',
  body: '{"price":"1199.99"}',
  at: '2026-01-31T12:00:00.000Z',
}

export const auditOperations: Operations = {
  'GET /api/admin/audit': {
    summary: 'Audit the shop, piece by piece',
    description:
      'Compares what is kept twice: stock with its ledger, totals with lines, statuses with events. Follow `next` to its end; all is well if no piece has a violation.',
    access: 'staff',
    answers: { 200: { description: 'What a piece of a check found.', schema: AuditPiece, example: piece } },
  },
  'GET /api/admin/actions': {
    summary: 'Read what staff did',
    description: 'Every request of staff that wrote something, newest first; what was refused is not there.',
    access: 'staff',
    answers: {
      200: {
        description: 'A page of actions.',
        schema: listOf(StaffAction, 'StaffActionList'),
        example: onePage(action),
      },
    },
  },
}
