import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, listOf, Money, onePage, type Operations } from '../openapi/operation.ts'
import { DeliveryOptionBody, ListDeliveryOptionsQuery, UpdateDeliveryOptionBody } from './schema.ts'

const DeliveryOption = z
  .object({
    id: Id,
    name: z.string(),
    price: Money,
    free_from: Money.nullable().meta({
      description:
        'The value of the goods from which the delivery costs nothing; null if it always costs its price.',
    }),
    countries: z.array(z.string()).meta({
      description:
        'Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country.',
    }),
    active: z.boolean().meta({ description: 'Whether customers can choose it.' }),
  })
  .meta({ id: 'DeliveryOption' })
export type DeliveryOption = z.infer<typeof DeliveryOption>

const parcel: DeliveryOption = {
  id: 2,
  name: 'Parcel',
  price: '4.90',
  free_from: '50.00',
  countries: ['AT', 'DE'],
  active: true,
}
const { id: _, ...newOption } = parcel

const optionResponse = {
  description: 'The delivery option.',
  schema: DeliveryOption,
  example: parcel,
  headers: ['ETag' as const],
}
const optionList = {
  description: 'A page of delivery options, by price.',
  schema: listOf(DeliveryOption, 'DeliveryOptionList'),
  example: onePage(parcel),
}

describeFields(ListDeliveryOptionsQuery, { country: 'Only options that serve this country.' })

const optionFields = {
  free_from:
    'The value of the goods from which the delivery costs nothing; null if it always costs its price.',
  countries:
    'Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country.',
  active: 'Whether customers can choose it.',
}
describeFields(DeliveryOptionBody, optionFields)
describeFields(UpdateDeliveryOptionBody, optionFields)

export const deliveryOperations: Operations = {
  'GET /api/delivery-options': {
    operationId: 'listDeliveryOptions',
    summary: 'List the delivery options to choose from',
    description:
      'Returns the active options; with `country`, only those that serve this country. If the shop has active options, placing an order requires the id of one. The response may be up to a minute old; the order is checked against the options as they are when it is placed.',
    access: 'public',
    conditional: 'read',
    responses: { 200: { ...optionList, headers: ['ETag'] } },
  },
  'GET /api/admin/delivery-options': {
    operationId: 'listDeliveryOptionsAsStaff',
    summary: 'List all delivery options, never cached',
    description: 'Returns the options exactly as they are now, also those that are not active.',
    access: 'staff',
    responses: { 200: optionList },
  },
  'POST /api/admin/delivery-options': {
    operationId: 'createDeliveryOption',
    summary: 'Create a delivery option',
    description:
      'Adds an option; a shop has at most 50. As soon as an option is active, placing an order requires `delivery_option`.',
    idempotent: true,
    access: 'staff',
    request: newOption,
    responses: { 201: { ...optionResponse, headers: ['Location', 'ETag'] } },
    errors: ['too_many_delivery_options'],
  },
  'GET /api/admin/delivery-options/:id': {
    operationId: 'getDeliveryOption',
    summary: 'Read a delivery option, never cached',
    description: 'Returns the option exactly as it is now, with the ETag that an edit may send as If-Match.',
    access: 'staff',
    conditional: 'read',
    responses: { 200: optionResponse },
  },
  'PUT /api/admin/delivery-options/:id': {
    operationId: 'replaceDeliveryOption',
    summary: 'Replace a delivery option',
    description:
      'Sets all fields; a field that is left out gets the default of a new option. Orders keep the name and the price that they were placed with.',
    access: 'staff',
    conditional: 'write',
    request: newOption,
    responses: { 200: optionResponse },
  },
  'PATCH /api/admin/delivery-options/:id': {
    operationId: 'updateDeliveryOption',
    summary: 'Change a delivery option',
    description:
      'Sets the fields that the body contains and keeps the others. Orders keep the name and the price that they were placed with.',
    access: 'staff',
    conditional: 'write',
    request: { active: false },
    responses: { 200: { ...optionResponse, example: { ...parcel, active: false } } },
  },
  'DELETE /api/admin/delivery-options/:id': {
    operationId: 'deleteDeliveryOption',
    summary: 'Delete a delivery option',
    description: 'Removes the option. Orders keep its name and price.',
    access: 'staff',
    conditional: 'write',
    responses: { 204: { description: 'The delivery option has been deleted.' } },
  },
}
