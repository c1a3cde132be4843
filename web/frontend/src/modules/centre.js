// A drawing is wider than the page: begin where the case stands now.
export function centre(root) {
  for (const view of root.querySelectorAll('.lscp-diagram__view')) {
    const show = () => {
      const marks = view.querySelectorAll('.bpmn-shape.is-here')
      const here = marks[marks.length - 1]
      if (!here || view.scrollWidth <= view.clientWidth + 1) return
      const mark = here.getBoundingClientRect()
      const frame = view.getBoundingClientRect()
      view.scrollLeft += mark.left - frame.left - (frame.width - mark.width) / 2
      view.scrollTop += mark.top - frame.top - (frame.height - mark.height) / 2
    }
    show()
    view.closest('details')?.addEventListener('toggle', show)
  }
}
