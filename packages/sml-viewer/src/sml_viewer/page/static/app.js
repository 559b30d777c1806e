const answer = await fetch("/api/session");
document.getElementById("app").textContent = JSON.stringify(await answer.json());
