/** The page is a function of the state: code that changes the state requests a render. */

let render = () => {}
let isDue = false

export function startRendering(renderPage: () => void): void {
  render = renderPage
  requestRender()
}

export function requestRender(): void {
  if (isDue) return
  isDue = true
  queueMicrotask(() => {
    isDue = false
    render()
  })
}
