import * as z from 'zod'
import { Id, listOf, onePage, type Operations, Timestamp } from '../openapi/operation.ts'

const AuditLogEntry = z
  .object({
    id: Id,
    actor: z.string().nullable().meta({
      description:
        'E-mail of the account that sent the request, empty for a deleted account; null for a command.',
    }),
    method: z.string(),
    path: z.string(),
    body: z
      .string()
      .nullable()
      .meta({ description: 'The body without unknown fields at its top level, cut to 4096 characters.' }),
    at: Timestamp,
  })
  .meta({ id: 'AuditLogEntry' })
export type AuditLogEntry = z.infer<typeof AuditLogEntry>

const entry: AuditLogEntry = {
  id: 31,
  actor: 'staff@example.com',
  method: 'PATCH',
  path: '/api/admin/products/12',
  body: '{"price":"1199.99"}',
  at: '2026-01-31T12:00:00.000Z',
}

export const auditLogOperations: Operations = {
  'GET /api/admin/audit-log': {
    operationId: 'listAuditLog',
    summary: 'List what staff changed',
    description:
      'Every request of staff that wrote something, newest first. Refused requests are not listed.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of entries.',
        schema: listOf(AuditLogEntry, 'AuditLogEntryList'),
        example: onePage(entry),
      },
    },
  },
}
