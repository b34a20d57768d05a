"""The organization, the key and the OAuth client that exist from the first moment."""

DEMO_ORGANIZATION = "0a0a0a0a-0000-4000-8000-000000000001"
DEMO_API_KEY = "demo-key-for-the-lexware-sandbox-only"
DEMO_CLIENT = "3f6d2a1e-0000-4000-8000-0000000000c1"
DEMO_CLIENT_SECRET = "demo-secret-for-the-lexware-sandbox-only"
DEMO_REDIRECT_URI = "http://127.0.0.1:8080/oauth/lexware/callback"
