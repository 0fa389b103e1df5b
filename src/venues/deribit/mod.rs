//! Deribit API v2: JSON-RPC over WebSocket.
