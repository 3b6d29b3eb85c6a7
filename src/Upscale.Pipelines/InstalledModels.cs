using System.Globalization;
using System.Text;
using Upscale.Inference;

namespace Upscale.Pipelines;

/// <summary>The networks of an installation as they are now: a session sees those that came, went or were described anew. Thread-safe.</summary>
internal sealed class InstalledModels(UpscaleHome home)
{
    private readonly Lock _gate = new();
    private ModelCatalog? _catalog;
    private string _stamp = "";

    public ModelCatalog Catalog
    {
        get
        {
            lock (_gate)
            {
                string stamp = Stamp();
                if (_catalog is null || stamp != _stamp)
                    (_catalog, _stamp) = (new ModelCatalog(home.ModelFolders, home.BundledModels), stamp);
                return _catalog;
            }
        }
    }

    /// <summary>Changes whenever a description does: reading them all again and again would take longer than to look at them.</summary>
    private string Stamp()
    {
        var text = new StringBuilder();
        foreach (string path in home.ModelFolders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateDirectories(f).Order(StringComparer.Ordinal)))
        {
            text.AppendLine(path);
            foreach (FileInfo file in ModelCatalog.Descriptions.Select(name => new FileInfo(Path.Combine(path, name))).Where(f => f.Exists))
                text.AppendLine(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}");
        }

        return text.ToString();
    }
}
