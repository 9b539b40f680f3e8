/** What is on the page follows from what is known: whoever learns something asks for it to be drawn again. */

let draw = () => {}
let isDue = false

export function drawBy(drawing: () => void): void {
  draw = drawing
  update()
}

export function update(): void {
  if (isDue) return
  isDue = true
  queueMicrotask(() => {
    isDue = false
    draw()
  })
}
