document.querySelector('main').addEventListener('input', event => {
  event.target.parentElement.style.setProperty('--at', event.target.value + '%');
});
