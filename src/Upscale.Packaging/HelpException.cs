namespace Upscale.Packaging;

/// <summary>A page cannot be made help of; says which, and how it would be right.</summary>
internal sealed class HelpException(string message) : Exception(message);
