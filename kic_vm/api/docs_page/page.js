// Shows the OpenAPI document, and gets the token with which its operations are tried.
"use strict";

const base = location.pathname.replace(/\/docs\/?$/, "");
const ui = SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});

function credential() {
  return {
    id: document.getElementById("credential-id").value.trim(),
    secret: document.getElementById("credential-secret").value,
  };
}

async function signIn() {
  const response = await fetch(`${base}/identity/v3/auth/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ["application_credential"],
          application_credential: credential(),
        },
      },
    }),
  });
  const body = await response.json();
  if (!response.ok) {
    throw new Error(body.error.message);
  }
  ui.preauthorizeApiKey("token", response.headers.get("X-Subject-Token"));
  return `Signed in to the project ${body.token.project.name} as ${body.token.user.name}.`;
}

document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = document.getElementById("sign-in-result");
  try {
    result.textContent = await signIn();
    document.getElementById("credential-secret").value = "";
  } catch (error) {
    result.textContent = `No token: ${error.message}`;
  }
});
