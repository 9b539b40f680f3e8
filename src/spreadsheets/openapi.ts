import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, type Operations } from '../openapi/operation.ts'
import { ExportOrdersQuery, ImportQuery } from './schema.ts'

const Count = z.int().min(0)

const RowNote = z
  .object({
    row: z
      .int()
      .min(1)
      .meta({ description: 'The number of the row in a spreadsheet program: the headers are row 1.' }),
    column: z.string().nullable().meta({
      description:
        'The header of the column, or the name of the field that is missing; null for the row as a whole.',
    }),
    code: z.string().meta({ description: 'Stable; later versions may add codes.' }),
    message: z.string(),
  })
  .meta({ id: 'RowNote' })
export type RowNote = z.infer<typeof RowNote>

const ImportResult = z
  .object({
    dry_run: z.boolean(),
    format: z.enum(['kiosk', 'shopify', 'woocommerce']),
    rows: Count.meta({ description: 'Rows of the file that are not empty, without the headers.' }),
    products: Count.meta({ description: 'Products that the file describes.' }),
    done: Count.meta({
      description: 'Products that have been imported, in this piece and in those before it.',
    }),
    next: z
      .url()
      .nullable()
      .meta({ description: 'Where to send the same file for the next piece; null at the end.' }),
    created: Count.meta({
      description: 'Products of this piece; in a dry run without `from`, of the whole file.',
    }),
    updated: Count,
    unchanged: Count,
    changes: z
      .array(
        z.object({
          row: z.int(),
          name: z.string(),
          product_id: Id.nullable().meta({ description: 'Null for a new product.' }),
          fields: z.array(z.string()).meta({ description: 'Which fields of an existing product change.' }),
          stock_before: Count.nullable(),
          stock_after: Count,
        }),
      )
      .meta({ description: 'The first 200 changes. Every list of this response has at most 200 entries.' }),
    new_categories: z.array(z.string()),
    skipped_count: Count,
    skipped: z.array(RowNote).meta({
      description:
        'Rows that the import leaves out, with the reason. Only the response to the first piece lists them.',
    }),
    warning_count: Count,
    warnings: z.array(RowNote),
    cell_error_count: Count,
    cell_errors: z.array(RowNote).meta({
      description:
        'The errors of the file. A dry run responds with them; an import of such a file fails with `invalid_import`, which has them too.',
    }),
    picture_count: Count,
    pictures: z
      .array(z.object({ row: z.int(), name: z.string(), urls: z.array(z.string()) }))
      .meta({ description: 'Pictures that the file names by address. They are not fetched.' }),
  })
  .meta({ id: 'ImportResult' })
export type ImportResult = z.infer<typeof ImportResult>

const result: ImportResult = {
  dry_run: false,
  format: 'shopify',
  rows: 22,
  products: 20,
  done: 20,
  next: null,
  created: 19,
  updated: 1,
  unchanged: 0,
  changes: [
    {
      row: 2,
      name: 'Blue Shirt – M',
      product_id: 12,
      fields: ['price', 'stock'],
      stock_before: 7,
      stock_after: 9,
    },
  ],
  new_categories: ['Shirts'],
  skipped_count: 0,
  skipped: [],
  warning_count: 1,
  warnings: [
    {
      row: 4,
      column: 'Variant Inventory Qty',
      code: 'stock_was_negative',
      message: 'A negative stock is imported as 0.',
    },
  ],
  cell_error_count: 0,
  cell_errors: [],
  picture_count: 1,
  pictures: [{ row: 2, name: 'Blue Shirt – M', urls: ['https://old-shop.example/blue-shirt.jpg'] }],
}

const csv = (description: string, example: string) => ({
  200: { description, type: 'text/csv', schema: z.string(), example },
})

describeFields(ImportQuery, {
  dry_run: '`true` changes nothing: the response says what the import would change.',
  from: 'Where the piece begins; taken from `next`.',
  column:
    'What a column of the file is, as `name:header`, for headers in another language: `price:Preis`, or `regular price:Tarif régulier` of a WooCommerce export. Repeat it for each column.',
})
describeFields(ExportOrdersQuery, {
  created_after: 'Placed at or after this time.',
  created_before: 'Placed before this time.',
})

export const spreadsheetOperations: Operations = {
  'POST /api/admin/products/import': {
    operationId: 'importProducts',
    summary: 'Import products from a spreadsheet',
    description:
      'Takes a CSV file of at most 5 MiB and 5 000 rows: an export of Shopify, of WooCommerce, or of this shop. A product is found by the handle of an export of this shop, otherwise by its SKU, otherwise by its handle or its name in earlier imports; a product that is not found is created. An empty cell leaves a field as it is. A category that the file names and the shop does not have is created. The first file sets the stock. A later file changes the stock by the difference from what the previous file said, so that sales in between count. Each variant becomes a product. If a file has an error, nothing of it is imported. A large file is imported in pieces: send it again to `next` until that is null. An error that a piece finds because the shop has changed in between leaves the pieces before it imported. Repeating a piece, or the whole file, changes nothing, so that no Idempotency-Key is needed.',
    access: 'staff',
    uploads: ['text/csv'],
    responses: {
      200: {
        description: 'What was imported, or in a dry run would be.',
        schema: ImportResult,
        example: result,
      },
    },
    errors: ['invalid_import'],
  },
  'GET /api/admin/products/export': {
    operationId: 'exportProducts',
    summary: 'Export all products as a spreadsheet',
    description:
      'Streams a CSV file that an import understands: importing it into the same shop changes nothing. Divide a file that is larger than an import takes. An apostrophe precedes what a spreadsheet program would run as a formula.',
    access: 'staff',
    responses: csv(
      'The products by id.',
      'handle,sku,name,description,price,stock\r\n0a1b2c3d4e5f6071-12,LAP-14,Laptop,A cool laptop,1299.99,10\r\n',
    ),
  },
  'GET /api/admin/orders/export': {
    operationId: 'exportOrders',
    summary: 'Export orders as a spreadsheet',
    description:
      'Streams a CSV file with a row for each order, oldest first, for the accountant: what was sold and charged, and what was paid and refunded. A cell is empty if the order does not have its value. An export of more than 200 000 orders breaks off: export them by period.',
    access: 'staff',
    responses: csv(
      'The orders of that period.',
      'order,date,status,email,total,currency\r\n5,2026-01-31T12:00:00.000Z,Shipped,ann@example.com,1299.99,EUR\r\n',
    ),
  },
}
