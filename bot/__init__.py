"""The application: commands, queue, storage; it imports no chat platform, no torch, no cv2."""
