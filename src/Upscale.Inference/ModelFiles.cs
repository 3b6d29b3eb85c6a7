using System.Collections.Concurrent;

namespace Upscale.Inference;

/// <summary>Remembers what was read of each .onnx file until the file changes, so that a hundred pictures hash it once.</summary>
internal sealed class ModelFiles
{
    private readonly ConcurrentDictionary<string, ModelFile> _files = new(StringComparer.Ordinal);

    /// <inheritdoc cref="ModelFile.Read"/>
    public ModelFile Read(string path, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        if (_files.TryGetValue(path, out ModelFile? known) && known.IsCurrent())
            return known;
        ModelFile file = ModelFile.Read(path, cancellationToken);
        _files[path] = file;
        return file;
    }
}
